import { asDocbridgeError, DocbridgeError, type ErrorCode } from "../errors";
import type { LedgerBookmarks } from "../ledger/bookmarks";
import type { RecallFacts, Standing } from "./recall";
import type { RecallRequests } from "./requests";

/** What a caller was promised: its message, or its document, when the object is available. */
export interface RecallPromise {
  id: string;
  objectId: string;
  promisedAt: string;
  /** When it is given up. */
  until: string;
  /** The document that is parked for it; it comes by itself once it is woken. */
  documentId?: string;
  /** The message, where it carries no document. */
  message?: unknown;
  /** Whoever hands the message on now, so that two workers do not both; and since when, because it may have died. */
  claim?: { by: string; at: string };
  /** Why it cannot be kept: a document is told when it comes. */
  error?: { code: ErrorCode; message: string };
}

export interface PromiseOptions {
  /** In the ledger, shared with the requests. */
  owner: string;
  /** Of a node: it keeps the promises it made. */
  node: string;
  /** This start of this node. */
  worker: string;
  /** How often the governing service is asked, milliseconds; far from the estimate less often. */
  againMs: number;
  /** Objects that are looked at at the same time. */
  parallel: number;
  clock: () => number;
  /** Hands a message on, or wakes a document. True: the promise is kept with that. */
  deliver: (promise: RecallPromise, facts: RecallFacts) => Promise<boolean>;
  /** A promise that cannot be kept, as `deliver`. */
  failed: (promise: RecallPromise, error: DocbridgeError) => Promise<boolean>;
  /** A failure that may pass. */
  report: (error: DocbridgeError) => void;
}

/** An object that somebody waits for. */
interface Entry {
  promises: Map<string, RecallPromise>;
  dueAt: number;
  /** It is to be requested when the caps allow it. */
  capped: boolean;
  /** Somebody said that it is there while it was being looked at: that look may have been too early. */
  woken: boolean;
}

/** An estimate far ahead is asked about again at the latest after this time, milliseconds. */
const LONGEST_MS = 3_600_000;
/** A worker that took a message and did not end with it in this time has died, milliseconds. */
const DEAD_MS = 60_000;

/** The promises of one node, on disk until they are kept. */
export class RecallPromises {
  /** By object. */
  private readonly open = new Map<string, Entry>();
  private ticking: Promise<void> | undefined;
  /** Before this time no cap allows another request, milliseconds since 1970. */
  private requestsFrom = 0;
  private stopped = false;

  constructor(
    private readonly bookmarks: LedgerBookmarks,
    private readonly requests: RecallRequests,
    private readonly options: PromiseOptions,
  ) {}

  /** Takes up what was promised before a restart. */
  async load(): Promise<void> {
    for (const { value } of await this.bookmarks.list<RecallPromise>(this.promiser, "")) this.enter(value);
  }

  /** Keeps a promise on disk and begins to care for it. False: it was made before. */
  async make(promise: RecallPromise): Promise<boolean> {
    const isNew = await this.bookmarks.swap(this.promiser, nameOf(promise), undefined, promise);
    if (isNew) this.enter(promise);
    return isNew;
  }

  /** The promise as it was made, if it was and is not settled. */
  made(promise: Pick<RecallPromise, "id" | "objectId">): Promise<RecallPromise | undefined> {
    return this.bookmarks.get(this.promiser, nameOf(promise));
  }

  /** Looks at an object now, for a promise that was just made. Throws what makes it impossible; a failure that may pass is waited for. */
  async begin(objectId: string): Promise<Standing | undefined> {
    if (this.requestsFrom > this.options.clock()) {
      this.plan(objectId, { outcome: "waiting", why: "rate", notBefore: this.requestsFrom });
      return undefined;
    }
    try {
      const standing = await this.requests.further(objectId);
      this.plan(objectId, standing);
      return standing;
    } catch (thrown) {
      const error = asDocbridgeError(thrown);
      if (!mayPass(error)) throw error;
      this.plan(objectId, undefined);
      return undefined;
    }
  }

  /** Somebody says that an object is there: it is looked at with the next tick, and not simply believed. */
  wake(objectId: string): void {
    const entry = this.open.get(objectId);
    if (entry) Object.assign(entry, { dueAt: 0, capped: false, woken: true });
  }

  /** A promise was kept or is given up. */
  async settle(promise: Pick<RecallPromise, "id" | "objectId">): Promise<void> {
    await this.bookmarks.set(this.promiser, nameOf(promise), undefined);
    const entry = this.open.get(promise.objectId);
    entry?.promises.delete(promise.id);
    if (!entry || entry.promises.size > 0) return;
    this.open.delete(promise.objectId);
    await this.requests.forget(promise.objectId);
  }

  get waiting(): number {
    return [...this.open.values()].reduce((sum, { promises }) => sum + promises.size, 0);
  }

  /** Looks at what is due. One at a time; a call in between joins the one under way. */
  tick(): Promise<void> {
    this.ticking ??= this.lookAtDue().finally(() => {
      this.ticking = undefined;
    });
    return this.ticking;
  }

  /** Ends after what is being handed on now. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.ticking;
  }

  private async lookAtDue(): Promise<void> {
    const now = this.options.clock();
    for (const { promises, capped } of [...this.open.values()]) if (capped) await this.giveUpOverdue([...promises.values()]);
    const due = [...this.open]
      .filter(([, { dueAt, capped }]) => dueAt <= now && !(capped && this.requestsFrom > now))
      .sort(([, a], [, b]) => a.dueAt - b.dueAt)
      .map(([objectId]) => objectId)
      .values();
    const worker = async () => {
      for (const objectId of due) {
        if (this.stopped) return;
        await this.lookAt(objectId).catch((thrown) => this.options.report(asDocbridgeError(thrown)));
      }
    };
    await Promise.all(Array.from({ length: this.options.parallel }, worker));
  }

  private async lookAt(objectId: string): Promise<void> {
    const entry = this.open.get(objectId);
    if (!entry || (entry.capped && this.requestsFrom > this.options.clock())) return;
    entry.woken = false;
    const promises = [...entry.promises.values()];
    try {
      const standing = await this.requests.further(objectId);
      this.plan(objectId, standing);
      if (standing.outcome === "available") for (const promise of promises) await this.handOn(promise, standing.facts);
      else await this.giveUpOverdue(promises);
    } catch (thrown) {
      const error = asDocbridgeError(thrown);
      this.plan(objectId, undefined);
      if (mayPass(error)) {
        this.options.report(error);
        await this.giveUpOverdue(promises);
      } else for (const promise of promises) await this.giveUp(promise, error);
    }
  }

  private async handOn(promise: RecallPromise, facts: RecallFacts): Promise<void> {
    const { worker, clock, deliver } = this.options;
    if (this.stopped) return;
    if (promise.documentId === undefined) {
      const now = clock();
      const stored = await this.bookmarks.get<RecallPromise>(this.promiser, nameOf(promise));
      // Another worker has kept it, or is at it.
      if (!stored) return this.settle(promise);
      if (stored.claim && stored.claim.by !== worker && now - Date.parse(stored.claim.at) < DEAD_MS) return;
      const claimed: RecallPromise = { ...stored, claim: { by: worker, at: new Date(now).toISOString() } };
      if (!(await this.bookmarks.swap(this.promiser, nameOf(promise), stored, claimed))) return;
    }
    if (await deliver(promise, facts)) await this.settle(promise);
  }

  private async giveUpOverdue(promises: RecallPromise[]): Promise<void> {
    const now = this.options.clock();
    for (const promise of promises) if (Date.parse(promise.until) <= now) await this.giveUp(promise, overdue(promise));
  }

  private async giveUp(promise: RecallPromise, error: DocbridgeError): Promise<void> {
    if (promise.documentId !== undefined && !promise.error) {
      promise.error = { code: error.code, message: error.message };
      await this.bookmarks.set(this.promiser, nameOf(promise), promise);
    }
    if (await this.options.failed(promise, error)) await this.settle(promise);
  }

  private enter(promise: RecallPromise): void {
    const entry = this.open.get(promise.objectId) ?? { promises: new Map(), dueAt: 0, capped: false, woken: false };
    entry.promises.set(promise.id, promise);
    this.open.set(promise.objectId, entry);
  }

  private plan(objectId: string, standing: Standing | undefined): void {
    const entry = this.open.get(objectId);
    const { againMs, clock } = this.options;
    const now = clock();
    if (standing?.outcome === "waiting" && standing.why !== "requested") {
      this.requestsFrom = Math.max(this.requestsFrom, standing.notBefore);
      if (entry) Object.assign(entry, { capped: true, dueAt: standing.notBefore });
      return;
    }
    if (!entry) return;
    const eta = standing?.outcome === "waiting" && standing.eta ? Date.parse(standing.eta) - now : 0;
    const end = Math.min(...[...entry.promises.values()].map(({ until }) => Date.parse(until)));
    entry.capped = false;
    if (entry.woken) {
      entry.dueAt = now;
      return;
    }
    // Half-way to the estimate, so that one that comes earlier is not missed for long.
    entry.dueAt = now + Math.max(againMs, Math.min(LONGEST_MS, eta / 2, end - now));
  }

  private get promiser(): string {
    return `${this.options.owner}|${this.options.node}`;
  }
}

function nameOf({ id, objectId }: Pick<RecallPromise, "id" | "objectId">): string {
  return `${objectId}/${id}`;
}

function mayPass(error: DocbridgeError): boolean {
  return error.retryable || error.ambiguous || error.code === "authentication-failed" || error.code === "configuration";
}

function overdue({ objectId, until }: RecallPromise): DocbridgeError {
  return new DocbridgeError("recall-overdue", {
    message: `CMS object ${objectId} was not restored until ${until}. Ask whoever moves objects between tiers, or let the node wait for longer, then send the message again.`,
    subject: objectId,
  });
}
