import type { Node, NodeAPI, NodeMessage } from "node-red";
import { asDocbridgeError } from "../../core/errors";
import type { NoteType } from "../../core/ledger/notes";
import type { LedgerNode } from "../../runtime/ledger-service";
import { takeDocument } from "../../runtime/message";
import { configNode } from "../../runtime/settings";
import type { Operation } from "./config";
import type { DestructionCertificate } from "./disposition";
import type { LifecycleReport } from "./report";
import type { Outcome } from "./work";

/** Notes at the documents of objects what is learned of these: the ledger then shows tier, retention and holds. */
export class Mirror {
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    /** Config node id; empty: only documents that come with messages are noted at. */
    private readonly ledger: string,
  ) {}

  async outcome(message: NodeMessage, { lifecycle, disposition, certificate }: Outcome): Promise<void> {
    if (disposition) await this.write(message, lifecycle, "disposition-scheduled", { ...disposition });
    else if (certificate) await this.write(message, certificate, "destroyed", { ...certificate, hashes: hashesOf(certificate) });
    else if (lifecycle) await this.write(message, lifecycle, "lifecycle", stateOf(lifecycle));
  }

  async refusal(message: NodeMessage, lifecycle: LifecycleReport, operation: Operation, thrown: unknown): Promise<void> {
    const { code } = asDocbridgeError(thrown);
    const state = stateOf(lifecycle);
    await this.write(message, lifecycle, "lifecycle", state);
    if (operation === "dispose")
      await this.write(message, lifecycle, "disposition-stopped", { code, objectId: lifecycle.objectId, holds: state.holds });
  }

  /** At the document, where it is known. What cannot be noted is logged: the object counts, not the note. */
  private async write(
    message: NodeMessage,
    about: Pick<LifecycleReport, "documentKey"> | undefined,
    type: NoteType,
    data: Record<string, unknown>,
  ): Promise<void> {
    try {
      const taken = await takeDocument(this.RED, message);
      const ledgerNode = taken?.ledgerNode ?? (this.ledger ? configNode<LedgerNode>(this.RED, this.ledger, "ledger") : undefined);
      if (!ledgerNode) return;
      const { ledger } = await ledgerNode.stores();
      const id = taken?.document.id ?? (about?.documentKey ? (await ledger.byKey(about.documentKey))?.id : undefined);
      if (id) await ledgerNode.lend(ledger.note(id, type, data));
    } catch (thrown) {
      this.node.warn(`not noted in the ledger: ${asDocbridgeError(thrown).message}`);
    }
  }
}

function stateOf({ objectId, tier, retention, holds, deleted }: LifecycleReport) {
  return {
    objectId,
    tier: tier?.name ?? null,
    ...(retention ? { retainUntil: retention.retainUntil } : {}),
    ...(retention?.policy ? { policy: retention.policy } : {}),
    holds: holds.map(({ matter }) => matter),
    ...(deleted ? { deleted: deleted.how } : {}),
  };
}

function hashesOf({ versions }: DestructionCertificate): string[] {
  return versions.flatMap(({ sha256 }) => (sha256 ? [sha256] : []));
}
