import type { Node, NodeAPI } from "node-red";
import type { AttributeValue } from "../../core/document";
import { asDocbridgeError } from "../../core/errors";
import type { RoutingFacts } from "../../core/ledger/console";
import { checkRows } from "../../core/mapping/check";
import { applyMapping } from "../../core/mapping/map";
import type { TargetType } from "../../core/mapping/types";
import type { View } from "../../core/mapping/view";
import type { LedgerNode } from "../../runtime/ledger-service";
import { type EditorRow, rowResolver, toMappingRow } from "./rows";
import { type MappingTarget, targetOf } from "./target";

/** A mapping as the dialog has it now. */
export interface MappingDraft {
  /** Id of the mapper, deployed or not. */
  node: string;
  target: MappingTarget;
  /** Id of the repository or tenant node. */
  connection: string;
  targetType: string;
  rows: EditorRow[];
  /** A pasted `msg.document`; without it, the newest document of these ledgers. */
  sample?: View;
  ledgers: string[];
}

export interface MappingReport {
  /** The target's type, when it could be read. */
  type?: TargetType;
  /** Why it could not. */
  typeProblem?: { code: string; message: string };
  /** What the rows were tried on. */
  sample?: { from: "ledger" | "pasted"; id?: string; receivedAt?: number; view: View };
  /** In the order of the rows: what the row gives for the sample, and everything that is wrong with it. */
  rows: { value?: AttributeValue; problems: string[] }[];
  /** What no row is to blame for: required attributes that nobody fills. */
  problems: string[];
}

/** Reads the type, and tries every row on a sample. Failures of the connection are part of the report. */
export async function checkMapping(RED: NodeAPI, draft: MappingDraft): Promise<MappingReport> {
  const connection = RED.nodes.getNode(draft.connection);
  const [{ type, typeProblem }, sample] = await Promise.all([readType(RED, draft), findSample(RED, draft)]);
  const parsed = draft.rows.map((row) => attempt(() => toMappingRow(row)));
  const rows = parsed.flatMap((row) => ("row" in row ? [row.row] : []));
  const fixed = checkRows(rows, type);
  // Expressions see the environment of the mapper's flow, or of the connection while the mapper is not deployed.
  const resolve = rowResolver(RED, (RED.nodes.getNode(draft.node) ?? connection ?? {}) as Node);
  const report: MappingReport = { type, typeProblem, sample, rows: [], problems: [] };
  let at = 0;
  for (const row of parsed) {
    if ("problem" in row) {
      report.rows.push({ problems: [row.problem] });
      continue;
    }
    const place = at;
    at += 1;
    const problems = fixed.filter((wrong) => wrong.row === place).map(({ error }) => error.message);
    const shown = sample ? await applyMapping([row.row], resolve(sample.view), withoutRequired(type)) : undefined;
    const found = shown?.problems.map(({ message }) => message) ?? [];
    report.rows.push({ value: shown?.attributes[row.row.attribute], problems: [...new Set([...problems, ...found])] });
  }
  report.problems = fixed.filter((wrong) => wrong.row === undefined).map(({ error }) => error.message);
  return report;
}

async function readType(
  RED: NodeAPI,
  { target, connection, targetType }: MappingDraft,
): Promise<Pick<MappingReport, "type" | "typeProblem">> {
  try {
    return { type: targetType === "" ? undefined : await targetOf(RED, target, connection)?.targetType(targetType) };
  } catch (thrown) {
    const { code, message } = asDocbridgeError(thrown);
    return { typeProblem: { code, message } };
  }
}

async function findSample(RED: NodeAPI, { sample, ledgers }: MappingDraft): Promise<MappingReport["sample"]> {
  if (sample) return { from: "pasted", view: sample };
  const newest = await Promise.all(ledgers.map((id) => newestOf(RED.nodes.getNode(id) as LedgerNode | null)));
  const found = newest.filter((facts) => facts !== undefined).sort((a, b) => b.createdAt - a.createdAt)[0];
  if (!found) return undefined;
  const { createdAt, ...view } = found;
  return { from: "ledger", id: found.id, receivedAt: createdAt, view };
}

/** A ledger that is not open has no sample; the dialog works without one. */
async function newestOf(node: LedgerNode | null): Promise<RoutingFacts | undefined> {
  try {
    const stores = await node?.stores?.();
    return (await stores?.ledger.console.recent({ limit: 1 }))?.documents[0];
  } catch {
    return undefined;
  }
}

/** One row alone cannot fill what the others fill. */
function withoutRequired(type: TargetType | undefined): TargetType | undefined {
  return type && { ...type, attributes: type.attributes.map((attribute) => ({ ...attribute, required: false })) };
}

function attempt<T>(make: () => T): { row: T } | { problem: string } {
  try {
    return { row: make() };
  } catch (thrown) {
    return { problem: asDocbridgeError(thrown).message };
  }
}
