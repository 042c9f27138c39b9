import { GATEWAY_STATE, type GatewayDocument } from "../../clients/exstream-gateway";
import { asDocbridgeError, DocbridgeError, type ErrorCode } from "../../core/errors";
import { FactsBuilder } from "../../core/intake/facts";
import type { EntryContent } from "../../core/intake/list-entry";
import { knownField } from "../../core/intake/well-known";
import { renderTemplate } from "../../core/mapping/template";

export interface RowRule {
  /** Mustache template of the address of a document's bytes over its columns and stored variables. */
  address: string;
  /** Other names of stored variables. */
  names: ReadonlyMap<string, string>;
  /** States in which a document waits to be settled. */
  held: readonly string[];
}

/** What a row of a tracker's documents says of one, or why there is none of it to take. */
export function entryOf(row: GatewayDocument, rule: RowRule, trackerId: string): EntryContent {
  const facts = new FactsBuilder({ channel: "gateway", origin: `document ${row.attemptId} of the gateway` });
  try {
    const isThere = row.state === GATEWAY_STATE.success || rule.held.includes(row.state);
    if (!isThere) throw missing(row);
    for (const [name, value] of Object.entries(row.variables)) {
      const other = rule.names.get(name) ?? name;
      const field = knownField(other);
      if (field) facts.known(field, value, name);
      else facts.add(other, value);
    }
    facts.known("jobId", trackerId, "originaltrackerid");
    facts.fallback("trackerId", row.columns.trackerid, "trackerid");
    facts.fallback("queueName", row.columns.connectorname, "connectorname");
    for (const [name, value] of Object.entries(row.columns)) {
      // They change while the document stays the same.
      if (name !== "processingstate" && name !== "statusmessage" && !facts.has(name)) facts.add(name, value);
    }
    const { source } = facts.build();
    // A customer may have several documents in a queue: without their names the attempt tells them apart.
    if (!source.fileName) facts.fallback("idempotencyKey", row.attemptId, "processingattemptid");
    const view = { ...row.variables, ...row.columns };
    const path = renderTemplate(rule.address, view, { name: "address of a document", escape: encodeURIComponent });
    return { facts: facts.build(), path };
  } catch (thrown) {
    const { customerNumber, queueName } = identityOf(facts, row);
    return { error: asDocbridgeError(thrown), customerNumber, queueName, jobId: trackerId, path: row.attemptId };
  }
}

function identityOf(facts: FactsBuilder, { variables, columns }: GatewayDocument): { customerNumber?: string; queueName?: string } {
  const named = (name: string, column: unknown) => {
    const found = Object.entries(variables).find(([key]) => knownField(key) === name)?.[1] ?? column;
    return found === undefined ? undefined : String(found);
  };
  return {
    customerNumber: facts.value("customerNumber") ?? named("customerNumber", columns.customerinrun),
    queueName: facts.value("queueName") ?? named("queueName", columns.connectorname),
  };
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
