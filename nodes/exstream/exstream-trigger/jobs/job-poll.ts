import type { Node } from "node-red";
import type { ExstreamClient, Job } from "../../../clients/exstream/exstream";
import type { DocbridgeError } from "../../../core/errors";
import type { AdmissionRules } from "../../../core/intake/admission";
import type { Stores } from "../../../runtime/ledger-service";
import type { StatusLine } from "../../../runtime/status";
import type { BatchEvents } from "../batches/batch-events";
import { JobAccount, OPEN } from "../polling/job-account";
import { concernsAll, DAY_MS, Poll } from "../polling/poll";
import { JOB_BOOKMARK, JobWork } from "./job-work";

export interface JobSettings {
  /** Names of services (`channel` of a job) whose jobs are taken; empty: all. */
  services: string[];
  /** At the first start, jobs that ended within this time are taken too, milliseconds. */
  sinceMs: number;
  /** A job that has not ended after this time is told as failed, milliseconds; 0: never. */
  deadlineMs: number;
  /** Mustache template of an output's name over the values of a customer. */
  file: string;
  /** Other names of keys of the delivery file. */
  names: ReadonlyMap<string, string>;
  /** Each output by its name, or all of a customer in a zip. */
  fetchBy: "artifact" | "customer";
  /** Name of the artifact that lists customers without output; empty: there is none. */
  errorReport: string;
  /** Its columns, by what they are here. */
  reportColumns: ReadonlyMap<string, string>;
}

export interface JobDesk {
  node: Node;
  client: () => Promise<ExstreamClient>;
  stores: Stores;
  rules: AdmissionRules;
  settings: JobSettings;
  status: StatusLine;
  batches?: BatchEvents;
}

/** How far the poll has come; kept in the ledger. */
interface PollMark {
  /** All jobs that ended before this are done, milliseconds since 1970, by the clock of Exstream. */
  since: number;
  /** Jobs that ended before this are of a time before the first start. */
  from: number;
}

const POLL_BOOKMARK = "jobs";
const PAGE = 100;
/** Filter dates are days, in a zone nobody states, and clocks are set back: so much before the mark is listed again. */
const OVERLAP_MS = DAY_MS;
const ENDED = ["complete", "error", "canceled"];
const RUNNING = ["uninitialized", "started", "waiting", "holding"];

/**
 * Jobs of Exstream's runtime, asked for again and again, since nothing tells of their end (wire/exstream.md 6, client
 * rules 11 and 12). What is done is known by id and status in the ledger, so a job that is listed twice, or again after a
 * restart or a clock that was set back, is taken in once. See JobWork for one job.
 */
export class JobPoll extends Poll<JobDesk> {
  constructor(desk: JobDesk) {
    super(desk, JOB_BOOKMARK);
  }

  protected async ask(): Promise<void> {
    await this.takeEnded();
    if (this.desk.settings.deadlineMs > 0) await this.tellOverdue();
  }

  private async takeEnded(): Promise<void> {
    const { bookmarks } = this.desk.stores.ledger;
    const { origin } = this.desk.rules;
    const before = (await bookmarks.get<PollMark>(origin, POLL_BOOKMARK)) ?? (await this.begin());
    let newest = before.since;
    let oldestOpen = Number.POSITIVE_INFINITY;
    let failure: DocbridgeError | undefined;
    const day = new Date(before.since - OVERLAP_MS).toISOString().slice(0, 10);
    for await (const job of this.listed({ statuses: ENDED, endDateStart: day }, "asc_endDate")) {
      const endedAt = Date.parse(job.endDate ?? "") || before.since;
      if (endedAt < Math.max(before.from, before.since - OVERLAP_MS)) continue;
      const error = await this.attempt(async () => new JobWork(this.desk, job, await this.desk.client(), this.stopping.signal).run());
      // An end in the future would leave out all that end before it.
      if (!error) newest = Math.max(newest, Math.min(endedAt, Date.now() + DAY_MS));
      else oldestOpen = Math.min(oldestOpen, endedAt);
      failure ??= error;
      if (error && concernsAll(error)) break;
    }
    // Jobs behind the one the poll broke off at have not been looked at.
    const since = failure && concernsAll(failure) ? before.since : Math.min(newest, oldestOpen);
    await bookmarks.set(origin, POLL_BOOKMARK, { ...before, since } satisfies PollMark);
    if (dayOf(since) !== dayOf(before.since)) await this.forget((_, { endedAt }) => endedAt < since - 3 * OVERLAP_MS);
    if (failure) throw failure;
  }

  /** Kept at once, since the server may be away when the node is first deployed. */
  private async begin(): Promise<PollMark> {
    const from = Date.now() - this.desk.settings.sinceMs;
    const mark: PollMark = { since: from, from };
    await this.desk.stores.ledger.bookmarks.set(this.desk.rules.origin, POLL_BOOKMARK, mark);
    return mark;
  }

  private async tellOverdue(): Promise<void> {
    for await (const job of this.listed({ statuses: RUNNING }, "asc_startDate")) {
      const startedAt = Date.parse(job.startDate ?? "");
      if (!(Date.now() - startedAt > this.desk.settings.deadlineMs)) continue;
      const account = new JobAccount(this.desk, JOB_BOOKMARK, job.id, { status: OPEN, endedAt: startedAt });
      await account.resume();
      await account.overdue(
        `Job ${job.id} of service ${job.channel ?? "?"} has not ended within the deadline. Look at it in Exstream; should it end after all, its documents are taken in.`,
      );
    }
  }

  private async *listed(filter: Record<string, string | string[]>, sort: string): AsyncGenerator<Job> {
    const { services } = this.desk.settings;
    const { signal } = this.stopping;
    const client = await this.desk.client();
    let first: string | undefined;
    for (let offset = 0; ; offset += PAGE) {
      const { jobs, totalElements } = await client.listJobs({ filter: { mode: "BATCH", ...filter }, offset, count: PAGE, sort, signal });
      // A server that knows no offset gives the same page for ever.
      if (offset > 0 && jobs[0]?.id === first) return;
      first = jobs[0]?.id;
      for (const job of jobs) if (services.length === 0 || services.includes(job.channel ?? "")) yield job;
      if (jobs.length === 0 || (totalElements === undefined ? jobs.length < PAGE : offset + jobs.length >= totalElements)) return;
    }
  }
}

function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}
