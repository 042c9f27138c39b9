import type { Node, NodeMessage } from "node-red";
import { asDocbridgeError } from "../core/errors";

export type Send = (message: NodeMessage | (NodeMessage | null)[]) => void;

/**
 * Registers an asynchronous input handler. A rejection reaches Catch nodes instead of ending the process, and `done`
 * is called once whatever happens. The runtime counts parameters, so the registered function has exactly three.
 */
export function onInput(node: Node, handle: (message: NodeMessage, send: Send) => Promise<void>): void {
  node.on("input", (message, send, done) => {
    handle(message, send as Send).then(
      () => done(),
      (thrown) => done(asDocbridgeError(thrown)),
    );
  });
}

/** Registers an asynchronous close handler; it never fails a deploy. */
export function onClose(node: Node, handle: (removed: boolean) => Promise<void>): void {
  node.on("close", (removed: boolean, done: () => void) => {
    handle(removed).then(done, (thrown) => {
      node.warn(asDocbridgeError(thrown).message);
      done();
    });
  });
}

/** Runs work that nobody waits for; what it throws is logged at the node, never lost and never fatal. */
export function inBackground(node: Node, work: Promise<unknown>): void {
  work.catch((thrown) => node.error(asDocbridgeError(thrown).message));
}
