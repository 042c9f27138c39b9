import { randomUUID } from "node:crypto";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { ComposeReply } from "../../clients/exstream/exstream";
import type { DocbridgeDocument } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import { type AdmissionRules, admissionOf } from "../../core/intake/admission";
import type { IntakeFacts } from "../../core/intake/metadata";
import { admissionRules } from "../../runtime/admission-rules";
import { Gate } from "../../runtime/gate";
import type { Send } from "../../runtime/input";
import { toDocument } from "../../runtime/message";
import { OwnDocuments, type OwnLedger } from "../../runtime/own-documents";
import { number } from "../../runtime/settings";
import type { StatusLine } from "../../runtime/status";
import { assetPins } from "./asset-pins";
import type { Config } from "./config";
import { engineRules } from "./engine";
import { type Output, type ReplyRules, readReply } from "./reply";

/** Asks Exstream; `externalId` is the caller's own name for the composition. */
export type Ask = (message: NodeMessage) => Promise<{
  reply: ComposeReply;
  source: Partial<IntakeFacts["source"]>;
  /** What the call itself says of its outputs. */
  metadata?: Record<string, unknown>;
}>;

/** Composes while the message waits. Every output is entered in the ledger before it goes on. */
export class OnDemand {
  private readonly own: OwnDocuments;
  private readonly gate: Gate;
  private readonly replyRules: ReplyRules;
  private readonly atWork = new Set<Promise<unknown>>();

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: Config,
    private readonly status: StatusLine,
    private readonly ask: Ask,
  ) {
    const maxInFlight = Math.max(1, number(config.maxInFlight, "maxInFlight", 32));
    this.gate = new Gate(Math.max(1, number(config.parallel, "parallel", 8)));
    this.replyRules = {
      maxBytes: number(config.maxMegabytes, "maxMegabytes", 2048) * 1024 ** 2,
      engine: engineRules(config),
    };
    this.own = new OwnDocuments(RED, node, {
      ledger: config.ledger ?? "",
      maxInFlight,
      flowTimeoutMs: Math.max(1, number(config.flowTimeoutSeconds, "flowTimeoutSeconds", 600)) * 1000,
      emit: (document, at) => this.emit({} as NodeMessage, document, at, (message) => node.send(message)),
    });
  }

  /** Documents that a restart left unfinished go on; what is missing in the set-up is thrown. */
  async start(): Promise<void> {
    admissionRules(this.RED, this.node, this.config);
    await this.own.open();
  }

  handle(message: NodeMessage, send: Send): Promise<void> {
    const work = this.gate.run(() => this.compose(message, send));
    this.atWork.add(work);
    const done = () => this.atWork.delete(work);
    work.then(done, done);
    return work;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.atWork);
    await this.own.stop();
  }

  private async compose(message: NodeMessage, send: Send): Promise<void> {
    this.status.show("busy", "working", { count: this.gate.load.running + this.gate.load.waiting });
    const at = await this.own.open();
    const rules = admissionRules(this.RED, this.node, this.config);
    const given = metadataOf(message);
    const { reply, source, metadata: asked } = await this.ask(message);
    const metadata = { ...asked, ...given };
    const { outputs, interactive, run, failure } = await at.ledgerNode.lend(readReply(reply, at.stores.spool, this.replyRules));
    const composition = randomUUID();
    const admitted = await Promise.allSettled(
      outputs.map((output, index) => {
        // There is no id of the composition in the reply: every call makes documents of its own.
        const own = { ...definedOnly(source), ...output.facts.source, idempotencyKey: `${composition}/${index}` };
        const facts = { ...output.facts, source: own, metadata: { ...metadata, ...output.facts.metadata } };
        return at.ledgerNode.lend(this.admit({ ...output, facts }, rules, at));
      }),
    );
    const documents = admitted.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
    const parts = { id: composition, count: documents.length };
    documents.forEach((document, index) => {
      const own = documents.length === 1 ? message : this.RED.util.cloneMessage(message);
      if (documents.length > 1) Object.assign(own, { parts: { ...parts, index } });
      this.emit(own, document, at, send);
    });
    if (interactive.length > 0) send([null, Object.assign(this.RED.util.cloneMessage(message), { payload: { documents: interactive } })]);
    if (run) send([null, Object.assign(this.RED.util.cloneMessage(message), { payload: run })]);
    const failed = admitted.find((each) => each.status === "rejected");
    if (failed) throw failed.reason;
    if (failure) throw failure;
    this.status.show("ok", "composed", { count: documents.length + interactive.length });
  }

  /**
   * The document in hand. Throws `conflict` when its business key is taken: both documents are kept, and a person decides. Throws
   * also why it is quarantined.
   */
  private async admit(output: Output, rules: AdmissionRules, { stores, ledgerNode, holder }: OwnLedger): Promise<DocbridgeDocument> {
    const admission = admissionOf(output.facts, output.content, rules, output.quarantine);
    const { id, state, record } = await stores.ledger.admit({ ...admission, holder });
    if (record) return toDocument(record, stores, ledgerNode.id);
    const refused = await stores.ledger.get(id);
    throw new DocbridgeError(state === "quarantined" && output.quarantine ? output.quarantine.code : "conflict", {
      message: refused?.error?.message ?? "A document with the same business key is already there.",
      subject: id,
    });
  }

  private emit(message: NodeMessage, document: DocbridgeDocument, { stores, ledgerNode }: OwnLedger, send: Send): void {
    send(Object.assign(message, { payload: document.metadata, document }));
    if (this.config.doneWhen !== "emitted") return;
    ledgerNode.lend(stores.ledger.emitted(document.id, document.fence)).catch((error: Error) => this.node.error(error.message));
  }
}

function definedOnly<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** What the message says of the documents to come: `msg.attributes`, and which assets go into them. */
function metadataOf(message: NodeMessage): Record<string, unknown> {
  const { attributes } = message as { attributes?: unknown };
  const given = typeof attributes === "object" && attributes !== null && !Array.isArray(attributes) ? attributes : {};
  const assets = assetPins(message);
  return { ...given, ...(assets.length > 0 ? { assets } : {}) };
}
