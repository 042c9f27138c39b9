import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Exchange } from "../../kernel/exchange";
import { readDriverData } from "../compose/driver-data";
import { behaviourNow } from "../jobs/behaviour";
import { ENDED, type InstanceRecord, inputFile, type JobRecord, type JobRun, type StepRecord } from "../jobs/record-types";
import { type Desk, offer, Refusal, sendData } from "./desk";
import { filtered } from "./lists";
import { instanceOf, jobOf, jobsOf, jobTests, RUNTIME, stepOf } from "./runtime";
import { currentCommunication } from "./submit";

/** Most ids of a bulk delete (wire/exstream.md 6). */
const MOST_IDS = 100;

/**
 * Stop, release, reprocess and delete (wire/exstream.md 6, B5 and V6). The replies are loosely typed strings in the vendor's
 * description. What cannot be done now is refused with 409 (ours).
 */
export function offerRuntimeControl(desk: Desk): void {
  offer(desk, "POST", `${RUNTIME}/jobs/:id/stop`, (exchange) => stop(desk, exchange, jobOf(desk, exchange)));
  offer(desk, "POST", `${RUNTIME}/flow-instances/:id/stop`, (exchange) => {
    const instance = instanceOf(desk, exchange);
    if (ENDED.includes(instance.status)) throw new Refusal(409, "the flow instance does not run");
    return stop(desk, exchange, desk.records.jobs.get(instance.jobId) as JobRecord);
  });
  // The flow of this stand-in has one branch: what stops a step of it stops the job.
  offer(desk, "POST", `${RUNTIME}/flow-steps/:id/stop`, (exchange) => {
    const step = stepOf(desk, exchange);
    if (ENDED.includes(step.status)) throw new Refusal(409, "the flow step does not run");
    return stop(desk, exchange, jobOfStep(desk, step));
  });
  offer(desk, "POST", `${RUNTIME}/flow-steps/:id/release`, (exchange) => release(desk, exchange, [stepOf(desk, exchange)]));
  offer(desk, "POST", `${RUNTIME}/flow-instances/:id/release`, (exchange) =>
    release(desk, exchange, desk.records.stepsOf(instanceOf(desk, exchange).id)),
  );
  offer(desk, "POST", `${RUNTIME}/jobs/:id/reprocessing`, async (exchange) => {
    const job = jobOf(desk, exchange);
    if (job.mode !== "BATCH" || !ENDED.includes(job.status) || job.status === "deleted") {
      throw new Refusal(409, "only a batch job that has ended can be run again");
    }
    const current = exchange.query.get("useCurrentFlowModel") === "true";
    desk.engine.reprocess(job, randomUUID(), current ? await currentModel(desk, job) : {});
    exchange.json(200, "success");
  });
  offerDelete(desk);
}

async function stop(desk: Desk, exchange: Exchange, job: JobRecord): Promise<void> {
  if (!(await desk.engine.stop(job.id))) throw new Refusal(409, "the job does not run");
  exchange.json(200, "success");
}

function release(desk: Desk, exchange: Exchange, steps: StepRecord[]): void {
  if (steps.filter((step) => desk.engine.release(step)).length === 0) throw new Refusal(409, "nothing is held here");
  exchange.json(200, "success");
}

/** The switches and the approved communication of now stand for the current flow model. */
async function currentModel(desk: Desk, job: JobRecord): Promise<Partial<JobRun>> {
  const { options } = readDriverData(await readFile(desk.records.store.contentPath(inputFile(job.id))), job.run.inputType);
  return { behaviour: behaviourNow(desk.app.switches, options.behaviour), communication: currentCommunication(desk) };
}

/** What cannot be removed stays as it is and is reported with 409; with `force` the records go and the files stay. */
function offerDelete(desk: Desk): void {
  offer(desk, "DELETE", `${RUNTIME}/jobs/:id`, async (exchange) => {
    const job = jobOf(desk, exchange);
    if (!ENDED.includes(job.status)) throw new Refusal(409, "only a job that has ended can be deleted; stop it first");
    const trouble = await remove(desk, job, exchange.query.get("force") === "true");
    if (trouble) exchange.json(409, { status: "failure", message: "409", details: trouble });
    else exchange.json(200, "success");
  });
  offer(desk, "DELETE", `${RUNTIME}/jobs`, async (exchange) => {
    const force = exchange.query.get("force") === "true";
    const failedDeleteJobs: Record<string, string> = {};
    const jobs = toDelete(desk, exchange);
    for (const job of jobs) {
      const trouble = await remove(desk, job, force);
      if (trouble) failedDeleteJobs[job.id] = trouble;
    }
    const failed = Object.keys(failedDeleteJobs).length;
    sendData(exchange, { failedDeleteJobs, successDeleteJobs: jobs.length - failed }, failed > 0 ? 409 : 200);
  });
  offer(desk, "DELETE", `${RUNTIME}/flow-instances/:id`, async (exchange) => {
    const instance: InstanceRecord = instanceOf(desk, exchange);
    if (!ENDED.includes(instance.status)) throw new Refusal(409, "only a flow instance that has ended can be deleted; stop it first");
    await desk.records.removeInstance(instance, false);
    exchange.json(200, { status: "success" });
  });
}

/** With the key `ids` all other keys are ignored (wire/exstream.md 6). */
function toDelete(desk: Desk, exchange: Exchange): JobRecord[] {
  const filter = exchange.query.get("filter");
  if (!filter) throw new Refusal(400, "a bulk delete needs a filter");
  const ids = filter.split(";").find((pair) => pair.startsWith("ids:"));
  if (ids && ids.split(",").length > MOST_IDS) throw new Refusal(400, `a bulk delete takes up to ${MOST_IDS} ids`);
  return filtered(ids ?? filter, jobsOf(desk, exchange), jobTests).filter((job) => ENDED.includes(job.status) && job.status !== "deleted");
}

/** Returns what stood in the way, or undefined. */
async function remove(desk: Desk, job: JobRecord, force: boolean): Promise<string | undefined> {
  try {
    await desk.records.removeInstances(job.id, force);
  } catch (error) {
    return `a file could not be removed: ${(error as NodeJS.ErrnoException).code ?? error}`;
  }
  desk.records.updateJob(job.id, { status: "deleted" });
  return undefined;
}

function jobOfStep(desk: Desk, step: StepRecord): JobRecord {
  const instance = desk.records.instance(step.flowInstanceId) as InstanceRecord;
  return desk.records.jobs.get(instance.jobId) as JobRecord;
}
