import { randomUUID } from "node:crypto";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { DocbridgeDocument } from "../../core/document";
import { asDocbridgeError, DocbridgeError } from "../../core/errors";
import type { Ledger } from "../../core/ledger/ledger";
import { RecallBudget } from "../../core/recall/budget";
import { type RecallPromise, RecallPromises } from "../../core/recall/promises";
import type { RecallFacts, Standing } from "../../core/recall/recall";
import { RecallRequests } from "../../core/recall/requests";
import type { Explanations } from "../../runtime/cms-definitions";
import type { CssTenantNode } from "../../runtime/connections";
import { failDocument } from "../../runtime/fail-document";
import { flowsStarted } from "../../runtime/flows-started";
import type { Send } from "../../runtime/input";
import type { LedgerNode, Stores } from "../../runtime/ledger-service";
import { takeDocument } from "../../runtime/message";
import { configNode } from "../../runtime/settings";
import type { StatusLine } from "../../runtime/status";
import type { Config, Settings } from "./config";
import { TraitGoverningService } from "./governing-service";
import { kept, restored } from "./kept-message";

const TICK_MS = 500;
/** Objects that are looked at at the same time. */
const PARALLEL = 4;

/** `msg.recall`: with what an object was delivered. */
export interface RecallReport extends RecallFacts {
  /** Absent when nobody had to wait. */
  promiseId?: string;
  promisedAt?: string;
  deliveredAt: string;
}

/** `msg.promise`: what a caller can be told at once. */
export interface PromiseReport {
  id: string;
  objectId: string;
  documentId?: string;
  promisedAt: string;
  /** When it is given up. */
  until: string;
  /** `requested`: the restore is under way; `rate`, `budget`: it waits for a cap; `unknown`: nobody could be asked yet. */
  state: "requested" | "rate" | "budget" | "unknown";
  requestId?: string;
  /** An estimate of the governing service. */
  eta?: string;
}

export interface RecallParts {
  config: Config;
  settings: Settings;
  tenant: () => CssTenantNode;
  /** Says when a definition is missing in CMS. */
  explanations: Explanations;
  status: StatusLine;
  signal: AbortSignal;
}

interface Opened {
  stores: Stores;
  ledgerNode: LedgerNode;
  requests: RecallRequests;
  promises: RecallPromises;
  timer: NodeJS.Timeout;
}

/** The operation that lets messages and documents wait until their object has come back from a cold tier. */
export class Recall {
  private readonly started: Promise<void>;
  private readonly worker = randomUUID();
  private opening: Promise<Opened> | undefined;

  /** To be made while the node is constructed. */
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly parts: RecallParts,
  ) {
    this.started = flowsStarted(RED);
  }

  /** Takes up what was promised before a restart, the first time. Throws `configuration` and what opening the ledger throws. */
  open(): Promise<Opened> {
    this.opening ??= this.start();
    this.opening.catch(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  async stop(): Promise<void> {
    const opened = await this.opening?.catch(() => undefined);
    clearInterval(opened?.timer);
    await opened?.promises.stop();
  }

  /** A message from outside says that an object is back: it is looked at again, and not simply believed. */
  async wake(objectId: string): Promise<void> {
    const opened = await this.open();
    opened.promises.wake(objectId);
    await this.lent(opened, opened.promises.tick());
  }

  /** Hands the message on when its object can be read; otherwise promises that, and lets it wait. */
  async handle(message: NodeMessage, find: () => Promise<string>, send: Send): Promise<void> {
    const opened = await this.open();
    const { stores, ledgerNode } = opened;
    const document = (await takeDocument(this.RED, message))?.document;
    const work = async () => this.handleOne(opened, message, document, await find(), send);
    await this.lent(
      opened,
      work().catch((thrown) => {
        if (!document) throw thrown;
        return failDocument(document, { stores, ledgerNode, status: this.parts.status }, thrown);
      }),
    );
  }

  private async handleOne(
    opened: Opened,
    message: NodeMessage,
    document: DocbridgeDocument | undefined,
    objectId: string,
    send: Send,
  ): Promise<void> {
    const { requests, promises, stores } = opened;
    const { status } = this.parts;
    const promise = this.promiseOf(message, document, objectId);
    try {
      const standing = await requests.look(objectId);
      if (standing?.outcome === "available") {
        const report = await this.reportOf(opened, promise, standing.facts);
        send([Object.assign(message, { recall: report }), null]);
        status.show("ok", "done");
        return;
      }
      const made = await promises.made(promise);
      if (made?.error) throw new DocbridgeError(made.error.code, { message: made.error.message, subject: objectId });
      const isNew = await promises.make(promise);
      const told = promiseReport(made ?? promise, await promises.begin(objectId));
      if (document) await this.park(stores.ledger, document, told, isNew);
      const { document: _parked, ...rest } = message as { document?: unknown };
      if (isNew) send([null, { ...rest, promise: told, statusCode: 202 } as unknown as NodeMessage]);
      status.show("idle", "waiting", { count: promises.waiting });
    } catch (thrown) {
      // What may pass is tried again, and the promise stands.
      if (!asDocbridgeError(thrown).retryable) await promises.settle(promise);
      throw thrown;
    }
  }

  private promiseOf(message: NodeMessage, document: DocbridgeDocument | undefined, objectId: string): RecallPromise {
    const now = Date.now();
    const times = { promisedAt: new Date(now).toISOString(), until: new Date(now + this.parts.settings.recall.longestMs).toISOString() };
    // A document that comes again while it waits is promised nothing new.
    return document
      ? { id: document.id, objectId, ...times, documentId: document.id }
      : { id: randomUUID(), objectId, ...times, message: kept(message) };
  }

  private async park(ledger: Ledger, { id, fence }: DocbridgeDocument, told: PromiseReport, isNew: boolean): Promise<void> {
    const { until, eta, requestId, objectId } = told;
    if (isNew) await ledger.note(id, "recall-promised", { objectId, until, ...(requestId ? { requestId } : {}), ...(eta ? { eta } : {}) });
    const expected = eta ? `It is expected at ${eta}.` : "When it is expected is not known yet.";
    const error = {
      code: "not-online" as const,
      message: `CMS object ${objectId} is in a tier from which it cannot be read at once. ${expected}`,
      retryable: false,
      ambiguous: false,
      parkMs: Math.max(0, Date.parse(until) - Date.now()),
    };
    await ledger.fail({ id, fence, error });
  }

  /** What is said of an object that can be read; a document's promise is settled with that. */
  private async reportOf({ promises, stores }: Opened, promise: RecallPromise, facts: RecallFacts): Promise<RecallReport> {
    const made = promise.documentId === undefined ? undefined : await promises.made(promise);
    const report = recallReport(facts, made);
    if (made || facts.state === "restored") await this.note(stores.ledger, promise, report);
    if (made) await promises.settle(made);
    return report;
  }

  /** At the document that was waited with, or else at that of the object. */
  private async note(ledger: Ledger, { documentId }: RecallPromise, report: RecallReport): Promise<void> {
    const id = documentId ?? (report.documentKey ? (await ledger.byKey(report.documentKey))?.id : undefined);
    if (id) await ledger.note(id, "recalled", { tier: null, cost: null, ...report });
  }

  private async deliver(ledger: Ledger, promise: RecallPromise, facts: RecallFacts): Promise<boolean> {
    if (promise.documentId !== undefined) return this.wakeDocument(ledger, promise.documentId);
    const report = recallReport(facts, promise);
    await this.note(ledger, promise, report);
    this.node.send([Object.assign(restored(promise.message), { recall: report }), null]);
    this.parts.status.show("ok", "done");
    return true;
  }

  private async failed(ledger: Ledger, promise: RecallPromise, error: DocbridgeError): Promise<boolean> {
    if (promise.documentId !== undefined) return this.wakeDocument(ledger, promise.documentId);
    this.parts.status.error(error);
    this.node.error(error, restored(promise.message));
    return true;
  }

  /** It comes by here again, and is told then. True: it will not, because a person or a time limit has ended its way. */
  private async wakeDocument(ledger: Ledger, id: string): Promise<boolean> {
    return ["closed", "rejected", "conflict", "quarantined"].includes(await ledger.wake(id));
  }

  private async start(): Promise<Opened> {
    const { config, settings, tenant, explanations, status, signal } = this.parts;
    const { recall, cmsType, names, keyAttribute } = settings;
    const ledgerNode = configNode<LedgerNode>(this.RED, config.ledger, "ledger");
    const stores = await ledgerNode.stores();
    const { bookmarks } = stores.ledger;
    await this.started;
    const owner = `recall/${config.tenant}`;
    const service = new TraitGoverningService({
      cms: () => tenant().cms(),
      type: cmsType,
      names,
      keyAttribute,
      onlineTiers: recall.onlineTiers,
      explanations,
      signal,
    });
    const requests = new RecallRequests(bookmarks, service, {
      owner,
      budget: new RecallBudget(bookmarks, owner, recall.caps),
      overBudget: recall.overBudget,
      clock: Date.now,
    });
    const promises = new RecallPromises(bookmarks, requests, {
      owner,
      node: this.node.id,
      worker: this.worker,
      againMs: recall.askAgainMs,
      parallel: PARALLEL,
      clock: Date.now,
      deliver: (promise, facts) => this.deliver(stores.ledger, promise, facts),
      failed: (promise, error) => this.failed(stores.ledger, promise, error),
      report: (error) => {
        status.show("retry", "retry", { code: error.code });
        this.node.log(`asked again later: ${error.message}`);
      },
    });
    await promises.load();
    if (promises.waiting > 0) status.show("idle", "waiting", { count: promises.waiting });
    const timer = setInterval(() => void this.lent({ ledgerNode }, promises.tick()).catch(() => undefined), TICK_MS);
    return { stores, ledgerNode, requests, promises, timer };
  }

  /** Ledger and connection stay open until the work has settled, also over a redeploy. */
  private lent<T>({ ledgerNode }: Pick<Opened, "ledgerNode">, work: Promise<T>): Promise<T> {
    return ledgerNode.lend(this.parts.tenant().lend(work));
  }
}

function recallReport(facts: RecallFacts, promise: RecallPromise | undefined): RecallReport {
  const promised = promise ? { promiseId: promise.id, promisedAt: promise.promisedAt } : {};
  return { ...facts, ...promised, deliveredAt: new Date().toISOString() };
}

function promiseReport({ id, objectId, documentId, promisedAt, until }: RecallPromise, standing: Standing | undefined): PromiseReport {
  const promise = { id, objectId, ...(documentId ? { documentId } : {}), promisedAt, until };
  if (standing?.outcome !== "waiting") return { ...promise, state: "unknown" };
  if (standing.why !== "requested") return { ...promise, state: standing.why };
  const { requestId, eta } = standing;
  return { ...promise, state: "requested", requestId, ...(eta ? { eta } : {}) };
}
