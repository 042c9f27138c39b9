import { constants, createReadStream } from "node:fs";
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asDocbridgeError, DocbridgeError } from "../../../core/errors";
import { admissionOf } from "../../../core/intake/admission";
import { damageOf } from "../../../core/intake/damage";
import { type GoodEntry, jobTreeFacts, type ListEntry } from "../../../core/intake/lists/list-entry";
import { pathInside } from "../../../core/intake/safe-name";
import { type BatchFailure, TOLD_FAILURES } from "../batches/batch-event";
import type { BatchEvents } from "../batches/batch-events";
import { type EntryFailure, takeEntries } from "../batches/take-entries";
import { conflictOf } from "../conflict";
import type { Reason } from "../folder/folder-files";
import { JsonLines, type LinesPlace, numbered } from "./json-lines";
import { type FoundList, folderOf, nameOf } from "./list-files";
import type { ListDesk } from "./list-intake";
import { ListMoves } from "./list-moves";

/** How far a list has come; kept in the ledger. */
interface Progress {
  /** Tells this list from a later one of the same name. */
  file: string;
  /** `moving`: all entries are in. */
  phase: "taking" | "moving";
  /** Entries that are in the ledger or the report. */
  entries: number;
  failed: number;
  report?: LinesPlace;
  moves?: LinesPlace;
  batches: string[];
  /** Set when the list cannot be read on. */
  error?: Reason;
}

/** Begin of the names of bookmarks of lists. */
export const LIST_BOOKMARK = "list/";
/** Read at a time. */
const READ_BYTES = 4 * 1024;
/** Batches of one list whose end is told. */
const MAX_BATCHES = 1_000;

/**
 * One list. Its documents are entered in the ledger while it is read, so memory does not depend on its length. Only then
 * its files are moved: documents and list to `processed/`, what a person has to look at to `error/`. Entries that cannot
 * be taken in never stop the others; they go into the report `error/<list>.errors.jsonl`. A bookmark in the ledger says
 * how far it has come: after a restart what lies before it is not taken in again.
 */
export class ListWork {
  private readonly beganAt = performance.now();
  private readonly report: JsonLines<EntryFailure>;
  private readonly moves: ListMoves;
  private progress: Progress;
  private readonly batches = new Set<string>();

  constructor(
    private readonly desk: ListDesk,
    private readonly list: FoundList,
    private readonly stopping: AbortSignal,
  ) {
    const file = `${list.ino} ${list.size} ${list.mtimeMs}`;
    this.progress = { file, phase: "taking", entries: 0, failed: 0, batches: [] };
    const { folder } = desk.settings;
    // The report of an older list of that name stays.
    this.report = new JsonLines(join(folder, "error", folderOf(list)), (number) => `${nameOf(list)}${numbered(number)}.errors.jsonl`);
    this.moves = new ListMoves(desk.settings, list);
  }

  /** Throws what a later try can mend; the bookmark says where it goes on. */
  async run(): Promise<void> {
    const kept = await this.desk.stores.ledger.bookmarks.get<Progress>(this.desk.rules.origin, this.bookmark);
    // Without its list of moves it begins anew: its documents are known by their keys.
    if (kept?.file === this.progress.file && (await this.moves.resume(kept.moves))) this.progress = kept;
    this.report.place = this.progress.report;
    for (const batch of this.progress.batches) this.batches.add(batch);
    try {
      if (this.progress.phase === "taking") await this.take();
      await this.moves.carryOut(this.progress.error, this.stopping);
      await this.desk.stores.ledger.bookmarks.set(this.desk.rules.origin, this.bookmark, undefined);
      if (this.progress.error) this.desk.node.warn(`${this.list.path} was moved to error/: ${this.progress.error.message}`);
      this.desk.status.show("ok", "watching");
    } catch (thrown) {
      // What was given up because the node closes is taken up again after it.
      if (!this.stopping.aborted) throw thrown;
    } finally {
      await this.report.close();
      await this.moves.close();
    }
  }

  private async take(): Promise<void> {
    const error = await takeEntries(this.entries(), {
      wants: (number) => number > this.progress.entries,
      stopping: this.stopping,
      admit: (entry) => this.admit(entry),
      isFinal: ({ retryable }) => !retryable,
      postpone: () => false,
      settle: (slice, failures) => this.settle(slice, failures),
    });
    if (error) this.progress.error = { code: error.code, message: error.message, subject: error.subject };
    await this.tell();
    this.progress.phase = "moving";
    await this.keepProgress();
  }

  private entries(): AsyncIterable<ListEntry> {
    const input = createReadStream(join(this.desk.settings.folder, this.list.path), { highWaterMark: READ_BYTES });
    return this.desk.settings.read(input, { name: nameOf(this.list), around: jobTreeFacts(this.list.path) });
  }

  private async settle(slice: ListEntry[], failures: EntryFailure[]): Promise<void> {
    const failed = new Set(failures.map(({ entry }) => entry));
    await this.report.append(failures);
    await this.moves.plan(
      slice.flatMap(({ number, path }) => (path === undefined ? [] : [{ path, below: failed.has(number) ? "error" : "processed" }])),
    );
    this.progress.entries = slice.at(-1)?.number ?? this.progress.entries;
    this.progress.failed += failures.length;
    await this.keepProgress();
    this.desk.status.show("busy", "entries", { count: this.progress.entries });
  }

  private async admit({ facts, path }: GoodEntry): Promise<void> {
    const { spool, ledger } = this.desk.stores;
    const batch = facts.batch ?? { id: this.ownBatch };
    const content = await spool.adopt(await this.untilThere(path));
    const damage = await damageOf(content.sha256, facts.fileName, spool);
    const admission = admissionOf({ ...facts, batch }, content, this.desk.rules, damage);
    const { state, conflictsWith } = await ledger.admit(admission);
    if (this.batches.size < MAX_BATCHES) this.batches.add(batch.id);
    // A restart finds it as a duplicate that has been a conflict since.
    if (state === "conflict") throw conflictOf(path, conflictsWith ?? "in the ledger");
  }

  /** The list may be there before its documents: other channels write them. */
  private async untilThere(path: string): Promise<string> {
    const { orphanMs, pollMs } = this.desk.settings;
    for (;;) {
      try {
        return await this.readable(path);
      } catch (thrown) {
        const error = asDocbridgeError(thrown);
        if (error.code !== "document-missing" || performance.now() - this.beganAt >= orphanMs) throw error;
      }
      await sleep(pollMs, undefined, { signal: this.stopping });
    }
  }

  private async readable(path: string): Promise<string> {
    const found = await pathInside(this.moves.documents, path, "path of the entry");
    const isReadable = await access(found, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (isReadable && (await stat(found)).isFile()) return found;
    throw new DocbridgeError("document-missing", {
      message: `What entry "${path}" of the list "${nameOf(this.list)}" names is no file that can be read. Correct the entry, or the rights of the file.`,
      subject: path,
    });
  }

  /** Nothing more comes of its batches; the flow hears of it first. */
  private async tell(): Promise<void> {
    const { entries, failed } = this.progress;
    const report = this.report.place && join("error", folderOf(this.list), this.report.place.name);
    if (this.desk.batches) await this.tellFlow(this.desk.batches, report);
    for (const batch of this.batches) await this.desk.stores.ledger.expectNoMore(batch);
    if (failed > 0) this.desk.node.warn(`${failed} of ${entries} entries of ${this.list.path} could not be taken in; see ${report}`);
  }

  private async tellFlow(batches: BatchEvents, report: string | undefined): Promise<void> {
    const failures = new Map<string, BatchFailure[]>();
    const counts = new Map<string, number>();
    const [only] = this.batches.size === 1 ? this.batches : [];
    for await (const { jobId, ...failure } of this.report.read()) {
      const batch = only ?? (jobId && this.batches.has(jobId) ? jobId : this.ownBatch);
      const listed = failures.get(batch) ?? [];
      if (listed.length < TOLD_FAILURES) listed.push(failure);
      failures.set(batch, listed);
      counts.set(batch, (counts.get(batch) ?? 0) + 1);
    }
    const { error } = this.progress;
    const ended = new Set([...this.batches, ...failures.keys(), ...(error && this.batches.size === 0 ? [this.ownBatch] : [])]);
    for (const batch of ended) {
      const failed = counts.get(batch) ?? 0;
      await batches.tell(batch, {
        source: this.list.path,
        failures: failures.get(batch) ?? [],
        failed,
        report: failed > 0 ? report : undefined,
        error,
      });
    }
  }

  private async keepProgress(): Promise<void> {
    this.progress.report = this.report.place;
    this.progress.moves = this.moves.place;
    this.progress.batches = [...this.batches];
    await this.desk.stores.ledger.bookmarks.set(this.desk.rules.origin, this.bookmark, this.progress);
  }

  private get bookmark(): string {
    return LIST_BOOKMARK + this.list.path;
  }

  /** Batch of documents that no job is known of. */
  private get ownBatch(): string {
    return `${this.list.path} ${new Date(this.list.mtimeMs).toISOString()}`;
  }
}
