import type { Switches } from "../../kernel/switches";
import type { Behaviour, CustomerSource, Variant } from "../compose/customer";
import { VARIANTS } from "../compose/customer";

/** The switches behind a job's behaviour; the driver data of a job may say otherwise for itself. */
export function declareBehaviour(switches: Switches): void {
  const declare = (name: string, initial: number | string | boolean, help: string) =>
    switches.declare(`exstream.${name}`, initial, `${help}; for jobs submitted from now on`);
  declare("failed-customers", 0, "share of the customers (0 to 1) whose composition fails");
  declare("failed-customers-seed", 1, "which customers make up that share");
  declare("failed-customer-numbers", "", "customers that fail besides, their numbers parted by commas");
  declare("failed-queues", "", "fails only these queues of the customers that fail (PDF, HTML, MOBILE, SMS), parted by commas");
  declare("cut-customer-numbers", "", "customers whose outputs break off in the middle, their numbers parted by commas");
  declare("slow-ms", 0, "milliseconds the composition of each customer takes longer");
  declare("hold-jobs", false, "jobs wait, composed, on a hold step until it is released");
  declare("endless-jobs", false, "the composition never ends");
}

/** Behaviour of a job that is entered now: as its driver data says, and otherwise as the switches do. */
export function behaviourNow(switches: Switches, wishes: Partial<Behaviour>): Behaviour {
  const queues = listOf(switches, "failed-queues");
  return {
    failShare: switches.numberOf("exstream.failed-customers"),
    failSeed: switches.numberOf("exstream.failed-customers-seed"),
    failCustomers: listOf(switches, "failed-customer-numbers"),
    failVariants: (Object.keys(VARIANTS) as Variant[]).filter((variant) => queues.includes(VARIANTS[variant].queueName)),
    slowMs: switches.numberOf("exstream.slow-ms"),
    hold: switches.isOn("exstream.hold-jobs"),
    endless: switches.isOn("exstream.endless-jobs"),
    cutCustomers: listOf(switches, "cut-customer-numbers"),
    ...wishes,
  };
}

/**
 * Tells by its place whether a customer fails. The share is met exactly, and spread over the job: places are permuted, and
 * the first of the permutation fail. Depends on nothing but its arguments, so a restart and a second run choose the same.
 */
export function failing(behaviour: Behaviour, customers: CustomerSource): (index: number) => boolean {
  const { count } = customers;
  const failures = Math.round(behaviour.failShare * count);
  const named = new Set(behaviour.failCustomers.map((number) => customers.indexOf(number)));
  const step = coprime(count);
  const start = behaviour.failSeed % count;
  return (index) => named.has(index) || (start + step * index) % count < failures;
}

/** A step near the golden section of `count`, by which going on from any place meets every place once. */
function coprime(count: number): number {
  let step = Math.max(1, Math.round(count * 0.618));
  while (commonDivisor(step, count) !== 1) step += 1;
  return step;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function listOf(switches: Switches, name: string): string[] {
  return String(switches.get(`exstream.${name}`))
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);
}
