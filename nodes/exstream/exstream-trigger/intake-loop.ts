import type { Node } from "node-red";
import { asDocbridgeError } from "../../core/errors";
import type { LedgerNode } from "../../runtime/ledger-service";
import type { StatusLine } from "../../runtime/status";

/** One way of finding documents by looking for them. */
export interface Intake {
  /** Takes in what is there now. Throws what ends this look; the next one tries again. */
  look(): Promise<void>;
  /** Lets what is under way end early. */
  stop(): void;
}

export interface LoopSettings {
  /** What is looked at, for messages: "The folder /out". */
  what: string;
  /** Status while all is well. */
  idle: string;
  pollMs: number;
}

/**
 * Looks again and again. A folder or server that is away, and a store of ours that fails, end only the look: they show in
 * the status, and once in the log. Returns a function that stops looking.
 */
export function keepLooking(
  node: Node,
  ledgerNode: LedgerNode,
  intake: Intake,
  { what, idle, pollMs }: LoopSettings,
  status: StatusLine,
): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let failing = false;
  const look = async () => {
    try {
      await intake.look();
      if (failing) status.show("ok", idle);
      failing = false;
    } catch (thrown) {
      const error = asDocbridgeError(thrown, "configuration");
      if (error.code === "spool-full") status.show("retry", "spoolFull");
      else status.error(error);
      // One line in the log when trouble begins, not one a look.
      if (!failing) node.error(`${what} cannot be taken in: ${error.message}`);
      failing = true;
    }
  };
  const loop = async () => {
    await ledgerNode.lend(look());
    if (!stopped) timer = setTimeout(() => (current = loop()), pollMs);
  };
  let current = loop();
  return async () => {
    stopped = true;
    intake.stop();
    clearTimeout(timer);
    await current;
  };
}
