import { readFile } from "node:fs/promises";
import type { Composed } from "../compose/compose";
import type { CustomerSource } from "../compose/customer";
import { readDriverData } from "../compose/driver-data";
import { failing } from "./behaviour";
import { composeFor, failureOf, type Listed, listedOf, planOf } from "./plan";
import { type FailureRecord, type InstanceRecord, inputFile, type JobRecord, type StepRecord } from "./record-types";
import type { Records } from "./records";

/** What the composition of a flow instance left behind, in the order of the driver data. */
export interface Result {
  counts: { outputs: number; failures: number };
  /** From the given place on. */
  outputs(from?: number): Iterable<Listed>;
  failures(): Iterable<FailureRecord>;
  /** The output of a file name. */
  named(fileName: string): Listed | undefined;
  /** The outputs of a customer number. */
  ofCustomer(number: string): Listed[];
  /** The bytes of an output: the path of its file, or what composes them now. */
  bytesOf(output: Listed): string | Composed;
}

/** Gives the results of compositions, whether their outputs are stored or, in a lazy job, composed when somebody reads them. */
export class Results {
  constructor(private readonly records: Records) {}

  async of(job: JobRecord, flowInstanceId: string): Promise<Result> {
    if (!job.run.lazy) return stored(this.records, flowInstanceId);
    const body = await readFile(this.records.store.contentPath(inputFile(job.id)));
    // A lazy job shows every run by the behaviour of the last one: only that one is kept.
    const run = { ...job.run, instanceId: flowInstanceId };
    return lazy({ ...job, run }, this.records.communicationStep(flowInstanceId), readDriverData(body, job.run.inputType).customers);
  }

  /** The result of the instance a communication step belongs to. */
  async ofStep(step: StepRecord): Promise<{ job: JobRecord; result: Result }> {
    const { jobId } = this.records.instance(step.flowInstanceId) as InstanceRecord;
    const job = this.records.jobs.get(jobId) as JobRecord;
    return { job, result: await this.of(job, step.flowInstanceId) };
  }
}

function stored(records: Records, instanceId: string): Result {
  return {
    counts: records.countsOf(instanceId),
    outputs: (from = 0) => records.outputsOf(instanceId).slice(from),
    failures: () => records.failuresOf(instanceId),
    named: (fileName) => records.outputNamed(instanceId, fileName),
    ofCustomer: (number) => records.outputsOfCustomer(instanceId, number),
    bytesOf: (output) => records.store.contentPath(output.id),
  };
}

function lazy(job: JobRecord, step: StepRecord, customers: CustomerSource): Result {
  const { behaviour, variants } = job.run;
  const fails = failing(behaviour, customers);
  const planAt = (index: number) => planOf(behaviour, customers.variantsAt(index) ?? variants, fails(index));
  const outputsAt = (index: number) => {
    // Stored outputs come in the order of their ids, and so of the names of their variants within a customer.
    const customer = customers.at(index);
    return planAt(index)
      .compose.toSorted()
      .map((variant) => listedOf(job, step.id, index, customer, variant, step.endDate ?? step.startDate));
  };
  return {
    get counts() {
      const counts = { outputs: 0, failures: 0 };
      for (let index = 0; index < customers.count; index += 1) {
        const plan = planAt(index);
        counts.outputs += plan.compose.length;
        counts.failures += plan.fail.length;
      }
      return counts;
    },
    *outputs(from = 0) {
      let place = 0;
      for (let index = 0; index < customers.count; index += 1) {
        // The plan costs far less than the customer: what is passed over is only counted.
        const next = place + planAt(index).compose.length;
        if (next > from) yield* outputsAt(index).slice(Math.max(0, from - place));
        place = next;
      }
    },
    *failures() {
      for (let index = 0; index < customers.count; index += 1) {
        for (const variant of planAt(index).fail) yield failureOf(job, index, customers.at(index), variant);
      }
    },
    named: (fileName) => {
      const index = Number(/^[a-z]+-(\d+)-/.exec(fileName)?.[1]) - 1;
      if (!(index >= 0 && index < customers.count)) return undefined;
      return outputsAt(index).find((output) => output.fileName === fileName);
    },
    ofCustomer: (number) => {
      const index = customers.indexOf(number);
      return index === undefined ? [] : outputsAt(index);
    },
    bytesOf: ({ customerIndex, variant }) => composeFor(job, customerIndex, customers.at(customerIndex), variant),
  };
}
