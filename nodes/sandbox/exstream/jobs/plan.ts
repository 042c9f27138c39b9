import { type Composed, composeStatement, fileNameOf } from "../compose/compose";
import { type Behaviour, type Customer, VARIANTS, type Variant } from "../compose/customer";
import type { FailureRecord, JobRecord, OutputRecord } from "./record-types";

/** What is to happen for one customer: which variants are composed, and which fail; `undefined` is the customer as a whole. */
export interface Plan {
  compose: Variant[];
  fail: (Variant | undefined)[];
}

/** An output as lists tell of it; one that is composed only when it is read has no size and no checksum yet. */
export type Listed = Omit<OutputRecord, "size" | "sha256" | "pages"> & Partial<Pick<OutputRecord, "size" | "sha256" | "pages">>;

export function planOf({ failVariants }: Behaviour, variants: Variant[], fails: boolean): Plan {
  if (!fails) return { compose: variants, fail: [] };
  if (failVariants.length === 0) return { compose: [], fail: [undefined] };
  return {
    compose: variants.filter((variant) => !failVariants.includes(variant)),
    fail: variants.filter((variant) => failVariants.includes(variant)),
  };
}

/** Composes one variant for one customer; a job may ask for customers whose outputs break off in the middle. */
export function composeFor(job: JobRecord, index: number, customer: Customer, variant: Variant): Composed {
  const whole = composeStatement(job.id, index, customer, variant, job.run.extent);
  return job.run.behaviour.cutCustomers.includes(customer.number) ? cutOff(whole) : whole;
}

function cutOff(whole: Composed): Composed {
  const size = Math.floor(whole.size / 2);
  return {
    ...whole,
    size,
    *chunks() {
      let left = size;
      for (const chunk of whole.chunks()) {
        if (left > 0) yield chunk.subarray(0, left);
        left -= chunk.length;
      }
    },
  };
}

/** Id of an output, or of a failure, of the last run of a job. Ids of one run sort as its customers do. */
export function idOf(job: JobRecord, index: number, variant?: Variant): string {
  const place = `${job.run.instanceId}-${String(index + 1).padStart(7, "0")}`;
  return variant ? `${place}-${variant}` : place;
}

/** What is known of an output before it is composed. `at`: milliseconds since 1970. */
export function listedOf(job: JobRecord, flowStepId: string, index: number, customer: Customer, variant: Variant, at: number): Listed {
  const { queueName, channel, mimeType } = VARIANTS[variant];
  return {
    id: idOf(job, index, variant),
    jobId: job.id,
    flowInstanceId: job.run.instanceId,
    flowStepId,
    customerIndex: index,
    customerNumber: customer.number,
    variant,
    queueName,
    channel,
    fileName: fileNameOf(index, customer, variant),
    mimeType,
    keys: { accountNumber: customer.account, period: customer.period, documentType: "Statement" },
    totals: { amount: customer.balance, currency: customer.currency, transactions: customer.transactions.length },
    createdAt: new Date(at).toISOString(),
  };
}

/** A failure of a customer, or of one variant of it; without `cause` the sandbox was asked for it. */
export function failureOf(
  job: JobRecord,
  index: number,
  customer: Customer,
  variant: Variant | undefined,
  cause: { code: string; reason: string } = { code: "EX002001E", reason: "the composition failed as the sandbox was asked" },
): FailureRecord {
  return {
    id: idOf(job, index, variant),
    jobId: job.id,
    flowInstanceId: job.run.instanceId,
    customerIndex: index,
    customerNumber: customer.number,
    accountNumber: customer.account,
    queueName: variant && VARIANTS[variant].queueName,
    ...cause,
  };
}
