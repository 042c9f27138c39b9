import type { Node, NodeAPI, NodeMessage } from "node-red";
import { type ArchiveTarget, type ArchivingOutcome, archive } from "../core/archiving";
import type { Attributes, DocbridgeDocument } from "../core/document";
import type { LendingNode } from "./connections";
import { Gate } from "./gate";
import { inBackground, onClose, onInput, type Send } from "./input";
import type { Stores } from "./ledger-service";
import { type DocumentMessage, takeDocument } from "./message";
import { OwnDocuments } from "./own-documents";
import { StatusLine } from "./status";

export interface ArchivingNodeSettings {
  /** Config node id of the ledger for documents made from `msg.payload`. */
  ledger: string;
  /** The connection to the target. Throws `configuration` when there is none. */
  connection: () => LendingNode;
  destination: string;
  lookUp: "doubt" | "always";
  parallel: number;
  /** Key of the shared status texts that says the work is done, for example `archived`. */
  doneStatus: string;
}

/** After a try that may have been carried out a server needs a moment until a query shows it, milliseconds. */
const SETTLE_MS = 2_000;
/** A redeploy waits this long for uploads to end before it cuts them, milliseconds (Node-RED allows 15 s in all). */
const DRAIN_MS = 8_000;
const OWN_FLOW_TIMEOUT_MS = 3_600_000;

/** Everything the archiving nodes share; a node adds only its target. */
export class ArchivingNode {
  private readonly status: StatusLine;
  private readonly gate: Gate;
  private readonly abort = new AbortController();
  private readonly atWork = new Set<Promise<unknown>>();
  private readonly own: OwnDocuments;
  private closing = false;
  private finished = 0;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly settings: ArchivingNodeSettings,
    private readonly target: ArchiveTarget,
  ) {
    this.status = new StatusLine(RED, node);
    this.gate = new Gate(settings.parallel);
    this.own = new OwnDocuments(RED, node, {
      ledger: settings.ledger,
      maxInFlight: settings.parallel * 2,
      flowTimeoutMs: OWN_FLOW_TIMEOUT_MS,
      emit: (document) => node.receive({ document } as DocumentMessage),
    });
    onInput(node, (message, send) => this.track(this.handle(message, send)));
    onClose(node, () => this.close());
    this.status.show("idle", "ready");
    inBackground(node, this.status.showing(this.setUp()));
  }

  /** What is missing shows when the node is deployed, not with its first document. */
  private async setUp(): Promise<void> {
    this.settings.connection();
    // Documents of this node's own that a restart left unfinished.
    if (this.settings.ledger) await this.own.open();
  }

  private async handle(message: NodeMessage, send: Send): Promise<void> {
    const taken = await this.status.showing(this.take(message));
    if (!taken) return;
    const { document, stores, ledgerNode } = taken;
    // Before the work, so that a Catch node sees which document it was.
    Object.assign(message, { document });
    const outcome = await this.gate.run(() => ledgerNode.lend(this.overConnection(this.status.showing(this.archiveOne(document, stores)))));
    if (this.conclude(outcome)) {
      document.receipts = { ...document.receipts, [this.settings.destination]: outcome.receipt };
      send(message);
    }
  }

  /** A redeploy closes the connection in the same moment as this node; uploads under way must not be cut by that. */
  private overConnection<T>(work: Promise<T>): Promise<T> {
    try {
      return this.settings.connection().lend(work);
    } catch {
      // There is none, and the work itself meets and records that.
      return work;
    }
  }

  private async take(message: NodeMessage) {
    return (await takeDocument(this.RED, message)) ?? (await this.fromPayload(message));
  }

  private async archiveOne(document: DocbridgeDocument, stores: Stores): Promise<ArchivingOutcome> {
    if (this.closing) {
      await stores.ledger.release(document.id, document.fence, 0);
      return { outcome: "dropped" };
    }
    this.showLoad();
    const { destination, lookUp } = this.settings;
    return archive(stores.ledger, document, this.target, { target: destination, lookUp, settleMs: SETTLE_MS, signal: this.abort.signal });
  }

  /** Shows the outcome. True: hand the message on. Throws what a Catch node should see. */
  private conclude(outcome: ArchivingOutcome): outcome is Extract<ArchivingOutcome, { outcome: "archived" }> {
    switch (outcome.outcome) {
      case "archived":
        this.finished += 1;
        if (this.gate.load.running > 1) this.showLoad();
        else this.status.show("ok", this.settings.doneStatus, { count: this.finished });
        return true;
      case "dropped":
        return false;
      case "retry":
        this.status.show("retry", "retry", { code: outcome.error.code });
        this.node.log(`attempt failed, planned again: ${outcome.error.message}`);
        return false;
      case "parked":
        this.status.show("idle", "parked", { code: outcome.error.code });
        this.node.log(`parked: ${outcome.error.message}`);
        return false;
      case "quarantined":
        this.status.show("error", "quarantined", { code: outcome.error.code });
        throw outcome.error;
    }
  }

  private showLoad(): void {
    this.status.show("busy", "working", { count: this.gate.load.running + this.gate.load.waiting });
  }

  private async fromPayload(message: NodeMessage) {
    const taken = await this.own.admit(message, this.settings.destination);
    if (!taken) this.status.show("idle", "duplicate");
    return taken;
  }

  private track<T>(work: Promise<T>): Promise<T> {
    this.atWork.add(work);
    const back = () => this.atWork.delete(work);
    work.then(back, back);
    return work;
  }

  private async close(): Promise<void> {
    this.closing = true;
    const cut = setTimeout(() => this.abort.abort(), DRAIN_MS);
    await this.own.stop();
    await Promise.allSettled(this.atWork);
    clearTimeout(cut);
    this.status.clear();
  }
}

/** The attributes mapped for a destination; a document made from `msg.payload` brought its own. */
export function attributesFor(document: DocbridgeDocument, destination: string): Attributes {
  const mapped = document.attributes[destination];
  if (mapped) return mapped;
  return document.source.system === "message" ? (document.metadata as Attributes) : {};
}
