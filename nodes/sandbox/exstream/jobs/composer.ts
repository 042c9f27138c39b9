import { setTimeout as sleep } from "node:timers/promises";
import { type Composed, composeStatement } from "../compose/compose";
import { type Customer, type CustomerSource, VARIANTS, type Variant } from "../compose/customer";
import { SizeTooSmall } from "../compose/pdf";
import { failing } from "./behaviour";
import type { FailureRecord, JobRecord, OutputRecord, StepRecord } from "./record-types";
import type { Records } from "./records";
import { eachInParallel, Slots } from "./slots";

/** What one composition left behind. */
export interface Composition {
  outputs: OutputRecord[];
  failures: FailureRecord[];
}

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

  async compose(job: JobRecord, customers: CustomerSource, signal: AbortSignal): Promise<Composition> {
    const step = this.records.communicationStep(job.run.instanceId);
    const fails = failing(job.run.behaviour, customers);
    let done = 0;
    let told = performance.now();
    await eachInParallel(customers.count, this.parallel, async (index) => {
      signal.throwIfAborted();
      await this.composeCustomer(job, step, index, customers.at(index), fails(index), signal);
      done += 1;
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      this.records.updateStep(step.id, { msg: `${done} of ${customers.count} customers composed` });
    });
    return this.composition(job);
  }

  /** What the last run of a job left behind. */
  composition(job: JobRecord): Composition {
    return { outputs: this.records.outputsOf(job.run.instanceId), failures: this.records.failuresOf(job.run.instanceId) };
  }

  private async composeCustomer(job: JobRecord, step: StepRecord, index: number, customer: Customer, fails: boolean, signal: AbortSignal) {
    const { failVariants, slowMs } = job.run.behaviour;
    const place = `${job.run.instanceId}-${String(index + 1).padStart(7, "0")}`;
    const variants = customer.variants ?? job.run.variants;
    const missing = variants.filter((variant) => !this.records.hasOutput(`${place}-${variant}`));
    if (slowMs > 0 && missing.length > 0) await sleep(slowMs, undefined, { signal });
    if (fails && failVariants.length === 0) {
      this.fail(job, place, index, customer, undefined, "EX002001E", "the composition failed as the sandbox was asked");
      return;
    }
    for (const variant of missing) {
      const id = `${place}-${variant}`;
      if (fails && failVariants.includes(variant)) {
        const { queueName } = VARIANTS[variant];
        this.fail(job, id, index, customer, queueName, "EX002001E", "the composition failed as the sandbox was asked");
      } else {
        await this.composing.run(() => this.composeOne(job, step, id, index, customer, variant, signal));
      }
    }
  }

  private async composeOne(
    job: JobRecord,
    step: StepRecord,
    id: string,
    index: number,
    customer: Customer,
    variant: Variant,
    signal: AbortSignal,
  ) {
    const { queueName, channel, mimeType } = VARIANTS[variant];
    let composed: Composed;
    try {
      composed = composeStatement(job.id, index, customer, variant, job.run.extent);
    } catch (error) {
      if (!(error instanceof SizeTooSmall)) throw error;
      this.fail(job, id, index, customer, queueName, "EX002002E", error.message);
      return;
    }
    const { size, sha256 } = await this.records.store.writeContent(id, untilStopped(composed, signal));
    const { account, period, balance, currency, transactions } = customer;
    this.records.putOutput({
      id,
      jobId: job.id,
      flowInstanceId: job.run.instanceId,
      flowStepId: step.id,
      customerIndex: index,
      customerNumber: customer.number,
      variant,
      queueName,
      channel,
      fileName: composed.fileName,
      mimeType,
      size,
      sha256,
      pages: composed.pages,
      keys: { accountNumber: account, period, documentType: "Statement" },
      totals: { amount: balance, currency, transactions: transactions.length },
      createdAt: new Date(this.now()).toISOString(),
    });
  }

  private fail(job: JobRecord, id: string, index: number, customer: Customer, queueName: string | undefined, code: string, reason: string) {
    this.records.putFailure({
      id,
      jobId: job.id,
      flowInstanceId: job.run.instanceId,
      customerIndex: index,
      customerNumber: customer.number,
      accountNumber: customer.account,
      queueName,
      code,
      reason,
    });
  }
}

async function* untilStopped(composed: Composed, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (const chunk of composed.chunks()) {
    signal.throwIfAborted();
    yield chunk;
  }
}
