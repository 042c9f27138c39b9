import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { DocumentRoute } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { OfferedDestination } from "../../core/routing/table";
import type { Send } from "../../runtime/input";
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

/** The destinations a route leads to. Throws `configuration` when one of them cannot be reached: then nothing is sent at all. */
export function reachable(
  RED: NodeAPI,
  destinations: Destination[],
  { table, version, destinations: wanted }: DocumentRoute,
): Destination[] {
  return wanted.map((name) => {
    const destination = destinations.find((each) => each.name === name);
    if (!destination) {
      throw new DocbridgeError("configuration", {
        message: `The document's route (table '${table}', version ${version}) leads to the destination '${name}', which this router does not have any more. Put it back, or route the document again in the operator console.`,
        subject: name,
      });
    }
    const { way } = destination;
    if ("link" in way && RED.nodes.getNode(way.link)?.type !== "link in") {
      throw new DocbridgeError("configuration", {
        message: `The destination '${name}' goes to a link in node that is missing or disabled. Enable it, or choose another one in the dialog of the router.`,
        subject: name,
      });
    }
    return destination;
  });
}

/** Sends a message to destinations: by all outputs in one call, and as link out nodes do. */
export function sendTo(RED: NodeAPI, destinations: Destination[], message: NodeMessage, send: Send): void {
  const outputs: (NodeMessage | null)[] = [];
  for (const { way } of destinations) {
    if ("output" in way) outputs[way.output] = message;
    else RED.events.emit(`node:${way.link}`, RED.util.cloneMessage(message));
  }
  if (outputs.length > 0) send(Array.from(outputs, (each) => each ?? null));
}
