import type { NodeAPI } from "node-red";

/**
 * Resolves when the deploy that made this node has started all nodes. A message sent before that is lost without a
 * word, because the nodes it is wired to may not be there yet. To be called while the node is constructed.
 */
export function flowsStarted(RED: NodeAPI): Promise<void> {
  return new Promise((resolve) => RED.events.once("flows:started", () => resolve()));
}
