import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { DocbridgeDocument } from "../core/document";
import { DocbridgeError } from "../core/errors";
import type { DocumentRecord } from "../core/ledger/ledger";
import { flowsStarted } from "./flows-started";
import type { LedgerNode, Stores } from "./ledger-service";
import { toDocument } from "./message";
import { admitPayload } from "./payload";
import { Releaser } from "./releaser";
import { configNode } from "./settings";

export interface OwnDocumentsSettings {
  /** Config node id of the ledger. */
  ledger: string;
  maxInFlight: number;
  /** A document nobody reported on for this long, in milliseconds, is taken back and tried again. */
  flowTimeoutMs: number;
  /** Hands a document to the flow that waited in the ledger: after a restart, or for another attempt. */
  emit: (document: DocbridgeDocument, at: OwnLedger) => void;
}

export interface OwnLedger {
  stores: Stores;
  ledgerNode: LedgerNode;
  /** Leases what this node admits to it, so that it goes on with the message in hand. */
  holder: string;
}

/** The documents a node enters in the ledger itself; they come again from there until they are done. */
export class OwnDocuments {
  private readonly started: Promise<void>;
  private opened: Promise<{ at: OwnLedger; releaser: Releaser }> | undefined;

  /** To be made while the node is constructed. */
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly settings: OwnDocumentsSettings,
  ) {
    this.started = flowsStarted(RED);
  }

  /** Begins to release what is due, the first time. Throws `configuration` and what opening the ledger throws. */
  async open(): Promise<OwnLedger> {
    this.opened ??= this.start();
    this.opened.catch(() => {
      this.opened = undefined;
    });
    return (await this.opened).at;
  }

  /**
   * A message without a document: its payload is entered in the ledger first, so that the same rules hold. Undefined for
   * a repeat of a document that waits or is being worked on: whoever has it will finish it. Throws `conflict`, and what
   * `open` and `admitPayload` throw.
   */
  async admit(message: NodeMessage, destination: string) {
    const { stores, ledgerNode, holder } = await this.open();
    const admitted = await ledgerNode.lend(admitPayload(message, stores, { origin: this.node.id, holder, destination }));
    const record = (await stores.ledger.get(admitted.id)) as DocumentRecord;
    if (admitted.outcome === "conflict") {
      throw new DocbridgeError("conflict", { message: record.error?.message ?? "Conflict", subject: admitted.id });
    }
    if (admitted.outcome === "duplicate" && record.state !== "closed") return undefined;
    return { document: toDocument(record, stores, ledgerNode.id), stores, ledgerNode };
  }

  async stop(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined);
    await opened?.at.ledgerNode.lend(opened.releaser.stop());
  }

  private async start() {
    const { ledger, maxInFlight, flowTimeoutMs, emit } = this.settings;
    const ledgerNode = configNode<LedgerNode>(this.RED, ledger, "ledger");
    const stores = await ledgerNode.stores();
    await this.started;
    const releaser = new Releaser(stores.ledger, {
      origin: this.node.id,
      maxInFlight,
      flowTimeoutMs,
      emit: (record) => emit(toDocument(record, stores, ledgerNode.id), at),
      report: (error) => this.node.error(error instanceof Error ? error.message : String(error)),
    });
    const at: OwnLedger = { stores, ledgerNode, holder: releaser.holder };
    return { at, releaser };
  }
}
