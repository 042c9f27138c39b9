import { setTimeout as sleep } from "node:timers/promises";
import type { ExstreamClient, Job } from "../../clients/exstream/exstream";
import { type ExstreamGatewayClient, GATEWAY_STATE } from "../../clients/exstream/gateway";
import { asDocbridgeError, DocbridgeError } from "../../core/errors";

/** What happens to a job that is followed. */
export interface JobEvent {
  event: "opened" | "progress" | "complete" | "failed" | "canceled";
  jobId: string;
  /** In Exstream's words. */
  status: string;
  externalId?: string;
  message?: string;
  /** ISO 8601. */
  startDate?: string;
  endDate?: string;
  /** Steps of the flow that have ended, of those known so far; a service gateway knows none. */
  steps?: { ended: number; known: number };
}

/** Asks where a job is now; one that has not ended is an event `open`. */
export type JobSource = (jobId: string, open: JobEvent["event"], signal: AbortSignal) => Promise<JobEvent>;

export interface Following {
  pollMs: number;
  /** A job that has not ended by then is left alone, milliseconds. */
  limitMs: number;
  signal: AbortSignal;
  /** End date of an earlier run, whose end is not the end that is waited for. */
  earlierEnd?: string;
  /** Called for the first state and for every other one, once for each. */
  tell: (event: JobEvent) => void;
}

const ENDS: Record<string, JobEvent["event"]> = { complete: "complete", error: "failed", canceled: "canceled", deleted: "canceled" };
const STEP_ENDS = new Set(["filtered", "complete", "error", "expired", "canceled"]);

/**
 * Follows a job until it has ended. A poll that fails and may succeed later is made up for by the next one. Throws `timeout`
 * when the job takes longer than allowed, and what no later poll can mend, such as `not-found`.
 */
export async function followJob(source: JobSource, jobId: string, { pollMs, limitMs, signal, earlierEnd, tell }: Following): Promise<void> {
  const until = performance.now() + limitMs;
  let told = "";
  for (;;) {
    const found = await stateOf(source, jobId, told === "" ? "opened" : "progress", signal);
    const event = found && isEnd(found) && found.endDate !== undefined && found.endDate === earlierEnd ? undefined : found;
    const { status, steps } = event ?? {};
    const state = JSON.stringify({ status, steps });
    if (event && state !== told) {
      // The end is told as the end, also of a job that had ended before anybody looked.
      tell(event);
      told = state;
    }
    if (event && isEnd(event)) return;
    if (performance.now() >= until) throw tooLong(jobId, limitMs);
    await sleep(pollMs, undefined, { signal });
  }
}

async function stateOf(source: JobSource, jobId: string, open: JobEvent["event"], signal: AbortSignal): Promise<JobEvent | undefined> {
  try {
    return await source(jobId, open, signal);
  } catch (thrown) {
    if (signal.aborted || !asDocbridgeError(thrown).retryable) throw thrown;
    return undefined;
  }
}

/** The jobs of the orchestration service. */
export function jobsOf(client: ExstreamClient): JobSource {
  return async (jobId, open, signal) => {
    const job = await client.getJob(jobId, { signal });
    const steps = { ended: 0, known: 0 };
    for await (const instance of client.runtime.flowInstances(jobId, { signal })) {
      for await (const { status = "" } of client.runtime.flowSteps(instance, { signal })) {
        steps.known += 1;
        if (STEP_ENDS.has(status)) steps.ended += 1;
      }
    }
    return eventOf(job, ENDS[job.status] ?? open, steps);
  };
}

/** The trackers of a service gateway, which say no more than their state. */
export function trackersOf(client: ExstreamGatewayClient): JobSource {
  const ends: Record<string, JobEvent["event"]> = { [GATEWAY_STATE.success]: "complete", [GATEWAY_STATE.failure]: "failed" };
  return async (jobId, open, signal) => {
    const { state, message } = await client.tracker(jobId, { signal });
    return { event: ends[state] ?? open, jobId, status: state, ...(message === undefined ? {} : { message }) };
  };
}

function eventOf(job: Job, event: JobEvent["event"], steps: NonNullable<JobEvent["steps"]>): JobEvent {
  const { id: jobId, status, externalId, message, startDate, endDate } = job;
  const known = Object.entries({ externalId, message, startDate, endDate }).filter(([, value]) => value !== undefined);
  return { event, jobId, status, ...Object.fromEntries(known), steps };
}

function isEnd({ event }: JobEvent): boolean {
  return event !== "opened" && event !== "progress";
}

function tooLong(jobId: string, limitMs: number): DocbridgeError {
  return new DocbridgeError("timeout", {
    message: `Job ${jobId} has not ended within ${Math.round(limitMs / 60_000)} minutes. It goes on in Exstream; raise the limit of the node, or stop the job.`,
    subject: jobId,
  });
}
