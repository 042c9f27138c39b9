import { createInterface } from "node:readline";
import { type ExstreamGatewayClient, GATEWAY_STATE, type GatewayDocument, type Tracker } from "../../../clients/exstream/gateway";
import type { SpooledContent } from "../../../core/content/spool";
import { asDocbridgeError, type DocbridgeError } from "../../../core/errors";
import { admissionOf } from "../../../core/intake/admission";
import { damageOf } from "../../../core/intake/damage";
import type { GoodEntry, ListEntry } from "../../../core/intake/lists/list-entry";
import { mediaTypeOf, UNKNOWN_MEDIA_TYPE } from "../../../core/intake/media-types";
import type { EntryFailure } from "../batches/take-entries";
import { conflictOf } from "../conflict";
import { JobAccount, OPEN, type OutputsMark } from "../polling/job-account";
import { takeOutputs } from "../polling/take-outputs";
import type { GatewayDesk } from "./gateway-poll";
import { addressOf, documentSettled, entryOf, settledText } from "./gateway-rows";

/** Begin of the names of bookmarks of trackers. */
export const TRACKER_BOOKMARK = "tracker/";
const DOCUMENTS = "documents";
const READ_BYTES = 4 * 1024;

/**
 * One tracker of the service gateway. While it is open, the documents that wait to be settled are taken; when it has ended, all
 * others too, and those that failed are told. What is to be done is listed into the spool first, since settling a document
 * takes it out of the gateway's own list. A document is settled only when its bytes and its ledger entry are on disk: as failed
 * when it was stopped or refused for good. One that the gateway does not give is not settled.
 */
export class GatewayWork {
  private readonly account: JobAccount;
  /** Of the entries that are under way, by number. */
  private readonly rows = new Map<number, GatewayDocument>();
  /** Of those, the ones that the gateway did not give, which is no fault of the document's. */
  private readonly notGiven = new Set<number>();
  private failure: DocbridgeError | undefined;

  constructor(
    private readonly desk: GatewayDesk,
    private readonly tracker: Tracker,
    private readonly client: ExstreamGatewayClient,
    private readonly stopping: AbortSignal,
  ) {
    const status = this.hasEnded ? tracker.state : OPEN;
    const endedAt = (this.hasEnded ? tracker.updatedAt : undefined) ?? Date.now();
    this.account = new JobAccount(desk, TRACKER_BOOKMARK, tracker.id, { status, endedAt });
  }

  /**
   * True when nothing more comes of the tracker. Throws what a later try can mend.
   * @param from a tracker that ended before this, and is not known yet, is left alone; milliseconds since 1970.
   */
  async run(from = Number.NEGATIVE_INFINITY): Promise<boolean> {
    const { account, tracker } = this;
    const isKnown = await account.resume();
    const isOld = !isKnown && this.hasEnded && (tracker.updatedAt ?? Number.POSITIVE_INFINITY) < from;
    if (isOld) account.mark.done = true;
    if (!isKnown && (isOld || !this.hasEnded)) await account.keep();
    if (account.mark.done) return true;
    if (!this.hasEnded) {
      for (const state of this.desk.settings.held) await this.takeHeld(state);
      await this.tellOverdue();
      return false;
    }
    await this.takeAll();
    if (tracker.state === GATEWAY_STATE.failure && !(await this.isExplained())) account.giveUp("job-failed", this.said("failed"));
    await account.close();
    this.desk.status.show("ok", "polling");
    return true;
  }

  /** A tracker fails with any of its documents: then the others are there all the same. */
  private async isExplained(): Promise<boolean> {
    const batch = await this.desk.stores.ledger.batch(this.tracker.id);
    const { quarantined = 0, conflict = 0 } = batch?.byState ?? {};
    return batch !== undefined && this.account.mark.failed + quarantined + conflict > 0;
  }

  private get hasEnded(): boolean {
    return this.tracker.state === GATEWAY_STATE.success || this.tracker.state === GATEWAY_STATE.failure;
  }

  private async takeHeld(state: string): Promise<void> {
    const file = await this.list(state);
    if (file === undefined) return;
    const mark: OutputsMark = { file, entries: 0, pending: [], done: false };
    await this.take(mark, (failures) => this.refuse(failures));
    if (this.failure) throw this.failure;
  }

  private async takeAll(): Promise<void> {
    const { account } = this;
    const before = account.mark.steps[DOCUMENTS];
    const file = before && (await this.desk.stores.spool.keep(before.file)) ? before.file : await this.list();
    if (file === undefined) return;
    const mark: OutputsMark = before?.file === file ? before : { file, entries: 0, pending: [], done: false };
    account.mark.steps[DOCUMENTS] = mark;
    await account.keep();
    await this.take(mark, async (failures) => {
      await this.refuse(failures);
      account.fail(failures);
      await account.keep();
    });
  }

  private async take(mark: OutputsMark, keep: (failures: EntryFailure[]) => Promise<void>): Promise<void> {
    const { waiting } = await takeOutputs(this.entries(mark), {
      mark,
      stopping: this.stopping,
      admit: (entry) => this.admit(entry),
      keep: async (failures) => {
        await keep(failures);
        this.rows.clear();
        this.notGiven.clear();
        this.desk.status.show("busy", "entries", { count: mark.entries });
      },
    });
    if (waiting) throw waiting;
  }

  /** Hash of the list of the tracker's documents, of one state or all, in the spool; undefined when there is none. */
  private async list(state?: string): Promise<string | undefined> {
    const documents = this.client.documents(this.tracker.id, { state, signal: this.stopping });
    const first = await documents.next();
    if (first.done) return undefined;
    async function* lines(): AsyncGenerator<Buffer> {
      for (let next = first; !next.done; next = await documents.next()) yield Buffer.from(`${JSON.stringify(next.value)}\n`);
    }
    return (await this.desk.stores.spool.put(lines())).sha256;
  }

  private async *entries({ file }: OutputsMark): AsyncGenerator<ListEntry> {
    const { stores, settings } = this.desk;
    const input = await stores.spool.read(file, { chunkSize: READ_BYTES });
    let number = 0;
    try {
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        number += 1;
        const row = JSON.parse(line) as GatewayDocument;
        if (!this.isOfOurs(row)) continue;
        const known = documentSettled(row);
        // Settled by an earlier look, and in this ledger: nothing is left to do.
        if (known && (await stores.ledger.get(known))) continue;
        this.rows.set(number, row);
        yield { number, ...entryOf(row, settings, this.tracker.id) };
      }
    } finally {
      input.destroy();
    }
  }

  private isOfOurs({ columns }: GatewayDocument): boolean {
    const { connectors } = this.desk.settings;
    return connectors.length === 0 || connectors.includes(String(columns.connectorname));
  }

  private async admit(entry: GoodEntry & Pick<ListEntry, "number">): Promise<void> {
    const row = this.rows.get(entry.number) as GatewayDocument;
    const { stores, rules } = this.desk;
    const { facts } = entry;
    const { content, mediaType } = await this.fetch(entry.number, row);
    const damage = await damageOf(content.sha256, facts.fileName, stores.spool);
    const known = facts.mediaType === UNKNOWN_MEDIA_TYPE ? { ...facts, mediaType: mediaType ?? facts.mediaType } : facts;
    const { id, state, conflictsWith } = await stores.ledger.admit(
      admissionOf({ ...known, batch: { id: this.tracker.id } }, content, rules, damage),
    );
    if (state === "conflict") {
      const conflict = conflictOf(facts.fileName, conflictsWith ?? "in the ledger");
      await this.settle(row, GATEWAY_STATE.failure, settledText.stopped(id, conflict));
    } else if (damage) {
      await this.settle(row, GATEWAY_STATE.failure, settledText.stopped(id, damage));
    } else {
      await this.settle(row, GATEWAY_STATE.success, settledText.taken(id));
    }
  }

  private async fetch(number: number, row: GatewayDocument): Promise<{ content: SpooledContent; mediaType?: string }> {
    try {
      const { stream, mediaType } = await this.client.content(addressOf(row, this.desk.settings.address), { signal: this.stopping });
      try {
        return { content: await this.desk.stores.spool.put(stream as AsyncIterable<Buffer>), mediaType: mediaTypeOf(mediaType) };
      } finally {
        stream.destroy();
      }
    } catch (thrown) {
      this.notGiven.add(number);
      this.failure ??= asDocbridgeError(thrown);
      throw thrown;
    }
  }

  /** Settles what was refused for good. */
  private async refuse(failures: EntryFailure[]): Promise<void> {
    for (const failure of failures) {
      const row = this.rows.get(failure.entry);
      if (row && !this.notGiven.has(failure.entry)) await this.settle(row, GATEWAY_STATE.failure, settledText.refused(failure));
    }
  }

  private async settle(row: GatewayDocument, state: "5" | "6", message: string): Promise<void> {
    if (!this.desk.settings.held.includes(row.state)) return;
    const settled = await this.client.settle(row.attemptId, state, message, { signal: this.stopping });
    if (settled > 0) return;
    this.desk.node.warn(`The gateway had nothing to settle for document ${row.attemptId} of tracker ${this.tracker.id}.`);
  }

  private async tellOverdue(): Promise<void> {
    const { deadlineMs } = this.desk.settings;
    if (deadlineMs === 0 || Date.now() - this.account.mark.endedAt <= deadlineMs) return;
    await this.account.overdue(this.said("has not ended within the deadline. Should it end after all, its documents are taken in"));
  }

  private said(what: string): string {
    const { id, service, message } = this.tracker;
    return `Tracker ${id} of service ${service ?? "?"} ${what}.${message ? ` The gateway says: ${message}` : ""}`;
  }
}
