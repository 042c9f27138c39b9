import { GATEWAY_STATE, type GatewayDocument } from "../../../clients/exstream/gateway";
import { asDocbridgeError, DocbridgeError, type ErrorCode } from "../../../core/errors";
import { FactsBuilder } from "../../../core/intake/facts";
import type { EntryContent } from "../../../core/intake/lists/list-entry";
import { knownField } from "../../../core/intake/well-known";
import { renderTemplate } from "../../../core/mapping/template";

export interface RowRule {
  /** Other names of stored variables. */
  names: ReadonlyMap<string, string>;
  /** States in which a document waits to be settled. */
  held: readonly string[];
}

/** What a row of a tracker's documents says of one, or why there is none of it to take. */
export function entryOf(row: GatewayDocument, rule: RowRule, trackerId: string): EntryContent {
  const facts = new FactsBuilder({ channel: "gateway", origin: `document ${row.attemptId} of the gateway` });
  try {
    for (const [name, value] of Object.entries(row.variables)) {
      const other = rule.names.get(name) ?? name;
      const field = knownField(other);
      // The tracker is the job, whatever a project keeps under that name.
      if (field && field !== "jobId") facts.known(field, value, name);
      else facts.add(other, value);
    }
    facts.known("jobId", trackerId, "originaltrackerid");
    facts.fallback("trackerId", row.columns.trackerid, "trackerid");
    facts.fallback("queueName", row.columns.connectorname, "connectorname");
    for (const [name, value] of Object.entries(row.columns)) {
      // They change while the document stays the same.
      if (name !== "processingstate" && name !== "statusmessage" && !facts.has(name)) facts.add(name, value);
    }
    const isThere = row.state === GATEWAY_STATE.success || rule.held.includes(row.state);
    if (!isThere) throw missing(row);
    const { source } = facts.build();
    // A customer may have several documents in a queue: without their names the attempt tells them apart.
    if (!source.fileName) facts.fallback("idempotencyKey", row.attemptId, "processingattemptid");
    const built = facts.build();
    return { facts: built, path: built.fileName };
  } catch (thrown) {
    const known = { customerNumber: facts.value("customerNumber"), queueName: facts.value("queueName") };
    return { error: asDocbridgeError(thrown), ...known, jobId: trackerId, path: row.attemptId };
  }
}

/** Where the bytes of a document are. Throws `template`, and `missing-metadata` for names without a value. */
export function addressOf({ variables, columns }: GatewayDocument, address: string): string {
  return renderTemplate(address, { ...variables, ...columns }, { name: "address of a document", escape: encodeURIComponent });
}

/** What we write beside the state of a document that we settle, and read when it is listed again. */
export const settledText = {
  taken: (documentId: string) => `Docbridge took document ${documentId}.`,
  stopped: (documentId: string, { code, message }: Told) => `Docbridge stopped document ${documentId} (${code}): ${message}`,
  refused: ({ code, message }: Told) => `Docbridge refused it (${code}): ${message}`,
};

interface Told {
  code: string;
  message: string;
}

/** The document in the ledger that a row was settled for. */
export function documentSettled({ message = "" }: GatewayDocument): string | undefined {
  return /^Docbridge (?:took|stopped) document ([0-9a-z-]+)/i.exec(message)?.[1];
}

function missing({ attemptId, state, message = "" }: GatewayDocument): DocbridgeError {
  const [, code, said] = /^Docbridge refused it \(([a-z-]+)\): (.*)$/s.exec(message) ?? [];
  if (code && said) return new DocbridgeError(code as ErrorCode, { message: said, subject: attemptId });
  const what = state === GATEWAY_STATE.failure ? "failed" : `is left in state ${state}`;
  return new DocbridgeError("not-composed", {
    message: `Document ${attemptId} ${what} at the gateway.${message ? ` It says: ${message}` : ""}`,
    subject: attemptId,
  });
}
