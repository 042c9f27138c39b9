import { setTimeout as sleep } from "node:timers/promises";
import type { Composed } from "../compose/compose";
import type { Customer, CustomerSource, Variant } from "../compose/customer";
import { SizeTooSmall } from "../compose/pdf";
import { failing } from "./behaviour";
import { composeFor, failureOf, idOf, listedOf, planOf } from "./plan";
import type { JobRecord, StepRecord } from "./record-types";
import type { Records } from "./records";
import { eachInParallel, Slots } from "./slots";

/** How often the communication step of a running job tells how far it is. */
const PROGRESS_MS = 250;

/** Composes every customer of a job in every variant and enters what came of it; a restart goes on with what is missing. */
export class Composer {
  private readonly composing: Slots;

  constructor(
    private readonly records: Records,
    private readonly now: () => number,
    private readonly parallel: number,
  ) {
    this.composing = new Slots(parallel);
  }

  async compose(job: JobRecord, customers: CustomerSource, signal: AbortSignal): Promise<void> {
    const step = this.records.communicationStep(job.run.instanceId);
    const fails = failing(job.run.behaviour, customers);
    let done = 0;
    let told = performance.now();
    await eachInParallel(customers.count, this.parallel, async (index) => {
      signal.throwIfAborted();
      await this.composeCustomer(job, step, index, customers, fails(index), signal);
      done += 1;
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      this.records.updateStep(step.id, { msg: `${done} of ${customers.count} customers composed` });
    });
  }

  private async composeCustomer(
    job: JobRecord,
    step: StepRecord,
    index: number,
    customers: CustomerSource,
    fails: boolean,
    signal: AbortSignal,
  ) {
    const { behaviour, variants } = job.run;
    const customer = customers.at(index);
    const plan = planOf(behaviour, customers.variantsAt(index) ?? variants, fails);
    const missing = plan.compose.filter((variant) => !this.records.hasOutput(idOf(job, index, variant)));
    if (behaviour.slowMs > 0 && missing.length > 0) await sleep(behaviour.slowMs, undefined, { signal });
    for (const variant of plan.fail) this.records.putFailure(failureOf(job, index, customer, variant));
    for (const variant of missing) await this.composing.run(() => this.composeOne(job, step, index, customer, variant, signal));
  }

  private async composeOne(job: JobRecord, step: StepRecord, index: number, customer: Customer, variant: Variant, signal: AbortSignal) {
    let composed: Composed;
    try {
      composed = composeFor(job, index, customer, variant);
    } catch (error) {
      if (!(error instanceof SizeTooSmall)) throw error;
      this.records.putFailure(failureOf(job, index, customer, variant, { code: "EX002002E", reason: error.message }));
      return;
    }
    const listed = listedOf(job, step.id, index, customer, variant, this.now());
    const { size, sha256 } = await this.records.store.writeContent(listed.id, untilStopped(composed, signal));
    this.records.putOutput({ ...listed, size, sha256, pages: composed.pages });
  }
}

async function* untilStopped(composed: Composed, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (const chunk of composed.chunks()) {
    signal.throwIfAborted();
    yield chunk;
  }
}
