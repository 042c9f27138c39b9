import { fieldProblem } from "./checks.ts";
import { type Problem, problem } from "./problem.ts";

/** One destination of document-router, as it is saved with the node. */
export interface Destination {
  name: string;
  /** What people read instead of the name. */
  label: string;
  /** Names under which archiving nodes keep its receipts, separated by commas; empty: it only notifies. */
  targets: string;
  way: "output" | "link";
}

/** A destination as its row shows it: with the id of the link in node it goes to, which is not used by an output. */
export interface DestinationRow extends Destination {
  link: string;
}

export interface DestinationProblem extends Problem {
  /** From 0. */
  row: number;
  field: keyof DestinationRow;
}

/**
 * The rows of what was saved. The ids of the link in nodes are in a property of their own, in the order of the rows that
 * have one: Node-RED gives them their new values there when a flow is copied or imported.
 */
export function completeDestinations(saved: readonly Partial<Destination>[], links: readonly string[]): DestinationRow[] {
  const remaining = [...links];
  return saved.map((row) => ({
    name: row.name ?? "",
    label: row.label ?? "",
    targets: row.targets ?? "",
    way: row.way ?? "output",
    link: row.way === "link" ? (remaining.shift() ?? "") : "",
  }));
}

/** The counterpart of `completeDestinations`. */
export function savedDestinations(rows: readonly DestinationRow[]): { destinations: Destination[]; links: string[] } {
  return {
    destinations: rows.map(({ link, ...row }) => row),
    links: rows.filter(({ way }) => way === "link").map(({ link }) => link),
  };
}

/** Everything that is wrong; `linkProblem` says what is wrong with the link in node of an id. */
export function destinationProblems(
  rows: readonly DestinationRow[],
  linkProblem: (id: string) => Problem | undefined,
): DestinationProblem[] {
  return rows.flatMap((row, at) => {
    const found: [keyof DestinationRow, Problem | undefined][] = [
      ["name", nameProblem(row, rows.slice(0, at))],
      ["targets", fieldProblem(row.targets, { is: "destinations", optional: true })],
      ["link", row.way === "link" ? linkProblem(row.link) : undefined],
    ];
    return found.flatMap(([field, wrong]) => (wrong ? [{ ...wrong, row: at, field }] : []));
  });
}

function nameProblem({ name }: DestinationRow, before: readonly DestinationRow[]): Problem | undefined {
  const wrong = fieldProblem(name, { is: "destination" });
  if (wrong) return wrong;
  const first = before.findIndex((row) => row.name === name);
  return first < 0 ? undefined : problem("destinationTwice", { name, first: first + 1 });
}

/**
 * Where the wires of each output go, as Node-RED's editor takes it: old output -> new output, -1 for one that is gone;
 * keys that are no numbers are new outputs. `rows`: in their order now, with the output each had when the dialog opened.
 */
export function outputMap(rows: readonly { way: string; port: number | undefined }[], portsBefore: number): Record<string, number> {
  const gone = Array.from({ length: portsBefore }, (_, port): [string, number] => [String(port), -1]);
  const stay = rows
    .filter(({ way }) => way === "output")
    .map(({ port }, output): [string, number] => [port === undefined ? `new-${output}` : String(port), output]);
  return Object.fromEntries([...gone, ...stay]);
}
