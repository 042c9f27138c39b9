import type { Node } from "node-red";
import { asDocbridgeError, DocbridgeError } from "../../core/errors";
import type { LedgerNode } from "../../runtime/ledger-service";
import type { StatusLine } from "../../runtime/status";

/** One way of finding documents in a folder. */
export interface FolderIntake {
  /** Takes in what is there now. Throws what ends this look; the next one tries again. */
  look(): Promise<void>;
  /** Lets what is under way end early. */
  stop(): void;
}

export interface WatchSettings {
  folder: string;
  pollMs: number;
}

/**
 * Looks into a folder again and again. A folder that is away, and a store of ours that fails, end only the look: they show
 * in the status, and once in the log. Returns a function that stops watching. Throws `configuration`.
 */
export function watchFolder(
  node: Node,
  ledgerNode: LedgerNode,
  intake: FolderIntake,
  { folder, pollMs }: WatchSettings,
  status: StatusLine,
): () => Promise<void> {
  if (folder === "") {
    throw new DocbridgeError("configuration", {
      message: "The field 'folder' is empty. Name the folder Exstream writes to.",
      subject: "folder",
    });
  }
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let failing = false;
  const look = async () => {
    try {
      await intake.look();
      if (failing) status.show("ok", "watching");
      failing = false;
    } catch (thrown) {
      const error = asDocbridgeError(thrown, "configuration");
      if (error.code === "spool-full") status.show("retry", "spoolFull");
      else status.error(error);
      // One line in the log when trouble begins, not one a look.
      if (!failing) node.error(`The folder ${folder} cannot be taken in: ${error.message}`);
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
