import type { Node, NodeAPI } from "node-red";
import type { OfferedDestination } from "../../core/routing/table";
import { names, text } from "../../runtime/settings";

/** A destination as the dialog stores it. */
export interface StoredDestination {
  name: string;
  label: string;
  /** Names under which receipts are owed, separated by commas. */
  targets: string;
  way: "output" | "link";
}

/** A destination of the router with the way that leads there. */
export interface Destination extends OfferedDestination {
  way: { output: number } | { link: string };
}

/** The destinations of a router. `links`: ids of the link in nodes, in the order of the destinations that have one. */
export function destinationsOf(RED: NodeAPI, node: Node, stored: StoredDestination[], links: string[]): Destination[] {
  let output = 0;
  const remaining = [...links];
  return stored.map(({ name, label, targets, way }) => ({
    name: text(RED, node, name),
    label,
    targets: names(text(RED, node, targets)),
    way: way === "link" ? { link: remaining.shift() ?? "" } : { output: output++ },
  }));
}
