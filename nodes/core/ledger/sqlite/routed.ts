import type { DocumentRoute, DocumentState } from "../../document";
import type { RoutedEntry, RoutedResult } from "../routing";
import type { Row } from "./database";
import { heldAmong, holdDocument } from "./holds";
import type { Context } from "./operations";
import { appendEvent, documentRow, hasEnded } from "./records";
import { requireSession } from "./sessions";

export function routed(context: Context, entry: RoutedEntry): RoutedResult {
  requireSession(context);
  const row = documentRow(context, entry.id);
  if (row.fence !== entry.fence) return { outcome: "stale" };
  if (hasEnded(row)) return { outcome: "ended", state: row.state as DocumentState };
  const kept = row.route && row.route_again === 0 ? (JSON.parse(row.route as string) as DocumentRoute) : undefined;
  if (!kept) enter(context, row, entry);
  const route = kept ?? entry.route;
  const targets = kept ? (JSON.parse(row.targets as string) as string[]) : entry.targets;
  const byRule = entry.hold && !kept ? route.destinations[0] : undefined;
  const destination = heldAmong(context, [...route.destinations, ...targets]) ?? byRule;
  if (destination === undefined) return { outcome: "routed", route, targets };
  holdDocument(context, entry.id, destination);
  return { outcome: "held", destination };
}

function enter(context: Context, row: Row, { id, route, targets, errors }: RoutedEntry): void {
  context.db.run(
    `UPDATE documents SET route = ?, route_again = 0, targets = ?, priority = ?,
       state = CASE state WHEN 'received' THEN 'routed' ELSE state END WHERE id = ?`,
    JSON.stringify(route),
    JSON.stringify(targets),
    route.priority ?? 0,
    id,
  );
  for (const error of errors) appendEvent(context, id, "rule-failed", error);
  appendEvent(context, id, "routed", { ...route, targets, ...(row.route_again ? { again: true } : {}) });
}
