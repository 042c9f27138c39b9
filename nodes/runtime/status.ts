import type { Node, NodeAPI, NodeStatus } from "node-red";
import { asDocbridgeError, type DocbridgeError } from "../core/errors";

type Look = Pick<NodeStatus, "fill" | "shape">;

const LOOKS = {
  ok: { fill: "green", shape: "dot" },
  busy: { fill: "blue", shape: "dot" },
  idle: { fill: "grey", shape: "ring" },
  connecting: { fill: "yellow", shape: "ring" },
  retry: { fill: "yellow", shape: "dot" },
  error: { fill: "red", shape: "ring" },
} as const satisfies Record<string, Look>;

/** Status goes out at most this often, in milliseconds: a flood of it eats memory while an editor is open. */
const INTERVAL_MS = 500;

/** A node's status line: the last outcome, in the runtime's language, throttled. */
export class StatusLine {
  private pending: NodeStatus | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
  ) {}

  /** Shows `status.<key>` of the pack's shared texts. */
  show(look: keyof typeof LOOKS, key: string, values: Record<string, unknown> = {}): void {
    const text = this.RED._(`@docbridge/node-red-opentext/document-ledger:status.${key}`, values as Record<string, string>);
    this.pending = { ...LOOKS[look], text };
    if (this.timer) return;
    this.flush();
    this.timer = setInterval(() => {
      if (this.pending) this.flush();
      else this.stop();
    }, INTERVAL_MS);
    this.timer.unref();
  }

  /** Shows an error by its code; the whole text is in the log and at the Catch node. */
  error(error: DocbridgeError): void {
    this.show("error", "error", { code: error.code });
  }

  /** Shows the error that `work` ends with, and throws it on as a DocbridgeError. */
  async showing<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      const error = asDocbridgeError(thrown);
      this.error(error);
      throw error;
    }
  }

  clear(): void {
    this.stop();
    this.pending = undefined;
    this.node.status({});
  }

  private flush(): void {
    this.node.status(this.pending as NodeStatus);
    this.pending = undefined;
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
