import type { NodeAPI } from "node-red";

let next: Promise<void> | undefined;

/**
 * Resolves when the deploy that made this node has started all nodes. A message sent before that is lost without a
 * word, because the nodes it is wired to may not be there yet. To be called while the node is constructed.
 */
export function flowsStarted(RED: NodeAPI): Promise<void> {
  // One listener for all nodes: Node.js warns of a leak when an emitter has more than ten.
  next ??= new Promise((resolve) => {
    RED.events.once("flows:started", () => {
      next = undefined;
      resolve();
    });
  });
  return next;
}
