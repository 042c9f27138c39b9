import type { Exchange } from "../../kernel/exchange";
import { collectionIdOf } from "../design/library";
import type { InstanceRecord, JobRecord, StepRecord } from "../jobs/record-types";
import { inputFile } from "../jobs/record-types";
import { asked, type Desk, jsonOf, offer, Refusal, sendData } from "./desk";
import { dateTests, equal, filtered, named, oneOf, pageOf, type Tests } from "./lists";
import { publicRecord } from "./public";

export const RUNTIME = "/orchestration/api/v1/runtime/:domain";

const DATE_TESTS = { startDate: "startDate", endDate: "endDate", expiringDate: "expirationDate" } as const;

export const jobTests: Tests<JobRecord> = {
  ids: oneOf("id"),
  channel: equal("channel"),
  externalId: equal("externalId"),
  triggeredBy: equal("triggeredBy"),
  statuses: oneOf("status"),
  mode: oneOf("mode"),
  flowModelTypes: oneOf("flowModelType"),
  aggregatedFMCSnapshotIds: oneOf("aggregatedFMCSnapshotId"),
  ...dateTests<JobRecord>(DATE_TESTS),
};

const instanceTests: Tests<InstanceRecord> = {
  ids: oneOf("id"),
  jobId: equal("jobId"),
  externalId: equal("externalId"),
  statuses: oneOf("status"),
  flowModelIds: oneOf("flowModelId"),
  flowModelSnapshotIds: oneOf("flowModelSnapshotId"),
  flowModelTypes: oneOf("flowModelType"),
  executingLongRunningOp: equal("executingLongRunningOp"),
  ...dateTests<InstanceRecord>(DATE_TESTS),
};

const stepTests: Tests<StepRecord> = {
  ids: oneOf("id"),
  flowInstanceId: equal("flowInstanceId"),
  previousStepId: equal("previousStepId"),
  stepName: named("stepName"),
  displayName: named("displayName"),
  externalId: named("externalId"),
  caseSensitive: () => true,
  statuses: oneOf("status"),
  stepTypes: oneOf("stepType"),
  deliveryFileRetrievable: equal("deliveryFileRetrievable"),
  ...dateTests<StepRecord>({ ...DATE_TESTS, queueDate: "queueDate", executeDate: "executeDate" }),
};

/** Here dates are whole points in time. */
const countTests: Tests<InstanceRecord> = {
  flowModelIds: oneOf("flowModelId"),
  startDateStart: (instance, value) => instance.startDate >= timeOf(value),
  startDateEnd: (instance, value) => instance.startDate < timeOf(value),
};

function timeOf(value: string): number {
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new Refusal(400, `'${value}' is not a time as yyyy-MM-ddThh:mm:ss.SSSZ`);
  return time;
}

/** Job status (wire/exstream.md 6; B2, B4 and B6). */
export function offerRuntime(desk: Desk): void {
  const { records } = desk;
  const shown = (record: JobRecord | InstanceRecord | StepRecord) => publicRecord(record, desk.app.switches.isOn("exstream.iso-dates"));
  const sendList = <T extends JobRecord | InstanceRecord | StepRecord>(exchange: Exchange, all: Iterable<T>, tests: Tests<T>) => {
    const { data, page } = pageOf(exchange, all, tests, "startDate");
    exchange.json(200, { status: "success", data: data.map(shown), page });
  };
  const sendOne = (exchange: Exchange, record: JobRecord | InstanceRecord | StepRecord) => {
    const data = shown(record);
    sendData(exchange, desk.app.switches.isOn("exstream.single-as-array") ? [data] : data);
  };

  offer(desk, "GET", `${RUNTIME}/jobs`, (exchange) => {
    const fetchDeleted = exchange.query.get("fetchDeleted") === "true";
    const jobs = jobsOf(desk, exchange).filter((job) => (job.status === "deleted") === fetchDeleted);
    sendList(exchange, jobs, jobTests);
  });
  offer(desk, "GET", `${RUNTIME}/jobs/:id`, (exchange) => sendOne(exchange, jobOf(desk, exchange)));
  offer(desk, "GET", `${RUNTIME}/flow-instances`, (exchange) => sendList(exchange, instancesOf(desk, exchange), instanceTests));
  offer(desk, "GET", `${RUNTIME}/flow-instances/:id`, (exchange) => sendOne(exchange, instanceOf(desk, exchange)));
  offer(desk, "GET", `${RUNTIME}/flow-instances/:id/input`, async (exchange) => {
    const job = records.jobs.get(instanceOf(desk, exchange).jobId) as JobRecord;
    await exchange.file(records.store.contentPath(inputFile(job.id)), asked(exchange, job.run.inputType, "input"));
  });
  offer(desk, "POST", `${RUNTIME}/flow-instances/counts`, async (exchange) => sendData(exchange, await countsOf(desk, exchange)));
  offer(desk, "GET", `${RUNTIME}/flow-steps`, (exchange) => {
    const here = new Set(instancesOf(desk, exchange).map((instance) => instance.id));
    sendList(
      exchange,
      [...records.allSteps()].filter((step) => here.has(step.flowInstanceId)),
      stepTests,
    );
  });
  offer(desk, "GET", `${RUNTIME}/flow-instances/:id/collection-resources`, (exchange) =>
    sendData(exchange, collectionsOf(desk, records.stepsOf(instanceOf(desk, exchange).id))),
  );
  offer(desk, "GET", `${RUNTIME}/flow-steps/:id/collection-resources`, (exchange) =>
    sendData(exchange, collectionsOf(desk, [stepOf(desk, exchange)])),
  );
  offer(desk, "GET", `${RUNTIME}/flow-steps/:id`, (exchange) => sendOne(exchange, stepOf(desk, exchange)));
}

/** Ids of the collections of asset versions that steps used; the design service tells what is in them (wire/exstream.md 10.7). */
function collectionsOf(desk: Desk, steps: StepRecord[]): string[] {
  return steps.map(({ id }) => collectionIdOf(id)).filter((id) => desk.library.collections.has(id));
}

/** Number of flow instances by the day they started, in UTC, and by status. */
async function countsOf(desk: Desk, exchange: Exchange): Promise<Record<string, Record<string, number>>> {
  const { filter = "" } = ((await jsonOf(exchange)) ?? {}) as { filter?: string };
  const counts: Record<string, Record<string, number>> = {};
  for (const { startDate, status } of filtered(String(filter), instancesOf(desk, exchange), countTests)) {
    const day = new Date(startDate).toISOString().slice(0, 10);
    counts[day] ??= {};
    counts[day][status] = (counts[day][status] ?? 0) + 1;
  }
  return counts;
}

/** Jobs of the domain a path names. */
export function jobsOf(desk: Desk, exchange: Exchange): JobRecord[] {
  return [...desk.records.jobs.values()].filter((job) => job.domainId === exchange.param("domain"));
}

function instancesOf(desk: Desk, exchange: Exchange): InstanceRecord[] {
  return [...desk.records.allInstances()].filter((instance) => instance.domainId === exchange.param("domain"));
}

/** The job a path names. Throws `Refusal` 404. */
export function jobOf(desk: Desk, exchange: Exchange): JobRecord {
  const job = desk.records.jobs.get(exchange.param("id"));
  if (job?.domainId === exchange.param("domain")) return job;
  throw new Refusal(404, `the domain has no job '${exchange.param("id")}'`);
}

/** The flow instance a path names. Throws `Refusal` 404. */
export function instanceOf(desk: Desk, exchange: Exchange): InstanceRecord {
  const instance = desk.records.instance(exchange.param("id"));
  if (instance?.domainId === exchange.param("domain")) return instance;
  throw new Refusal(404, `the domain has no flow instance '${exchange.param("id")}'`);
}

/** The flow step a path names. Throws `Refusal` 404. */
export function stepOf(desk: Desk, exchange: Exchange): StepRecord {
  const step = desk.records.step(exchange.param("id"));
  if (step && desk.records.instance(step.flowInstanceId)?.domainId === exchange.param("domain")) return step;
  throw new Refusal(404, `the domain has no flow step '${exchange.param("id")}'`);
}
