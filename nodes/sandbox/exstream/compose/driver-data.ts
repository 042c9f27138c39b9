import type { Behaviour, ComposeOptions, Customer, CustomerSource, DriverData, SizeWish, Transaction, Variant } from "./customer";
import { DRIVER_VARIANTS, DriverDataError, VARIANTS } from "./customer";
import { driverTree } from "./driver-xml";
import { fictitiousCustomers } from "./fictitious";

/** Largest driver data that is taken, in bytes (ours; the vendor's limit is not public). */
export const DRIVER_DATA_LIMIT = 64 * 1024 * 1024;

const MOST_CUSTOMERS = 1_000_000;
const MOST_PAGES = 5_000;
/** Offsets in a PDF have ten digits. */
const MOST_BYTES = 8 * 1024 ** 3;
const LONGEST_PAUSE_MS = 3_600_000;

type Fields = Record<string, unknown>;

/**
 * Reads driver data: `{job: {variants, size, pages}, customers: [...]}` as JSON or as XML with elements of the same
 * names, or `{generate: {customers, seed, variants, variantSets, size, pages, period}}`, by which the sandbox invents its
 * customers, and with `lazy: true` composes their outputs only when somebody reads them. Both may also say how the job goes wrong or waits: `fail: {share, seed, customers, queues}`, `slowMs`, `hold`,
 * `endless`, `cut: [numbers]`. A customer's own `variants` replace the job's.
 * The layout is ours: a real flow takes whatever its design says (wire/exstream.md 4.1). Throws `DriverDataError`.
 */
export function readDriverData(body: Buffer, mediaType: string): DriverData {
  const root = mediaType === "application/xml" ? driverTree(body.toString("utf8")) : parseJson(body.toString("utf8"));
  if (!isFields(root)) throw new DriverDataError("driver data must be one object");
  if (root.generate !== undefined) return generated(root.generate);
  const customers = listOf(root.customers, "customers");
  if (customers.length === 0) throw new DriverDataError("driver data names no customers");
  return { options: optionsOf(root.job ?? {}, "job"), customers: listed(customers) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DriverDataError("driver data is not JSON; for XML send Content-Type application/xml");
  }
}

function generated(value: unknown): DriverData {
  if (!isFields(value)) throw new DriverDataError("generate must be an object");
  const count = wholeNumber(value.customers, "generate.customers", 1, MOST_CUSTOMERS);
  const seed = value.seed === undefined ? 1 : wholeNumber(value.seed, "generate.seed", 0, Number.MAX_SAFE_INTEGER);
  if (value.period !== undefined && !/^\d{4}-\d{2}$/.test(String(value.period))) {
    throw new DriverDataError("generate.period must look like 2026-06");
  }
  const sets =
    value.variantSets === undefined
      ? undefined
      : someOf(value.variantSets, "generate.variantSets").map((set, index) => variantsOf(set, `generate.variantSets[${index}]`));
  const options = optionsOf(value, "generate");
  if (value.lazy !== undefined) options.lazy = yesOrNo(value.lazy, "generate.lazy");
  if (options.lazy && options.size !== undefined) throw new DriverDataError("generate.size does not go with generate.lazy");
  return {
    options,
    customers: fictitiousCustomers(count, seed, value.period === undefined ? undefined : String(value.period), sets),
  };
}

function optionsOf(value: unknown, where: string): ComposeOptions {
  if (!isFields(value)) throw new DriverDataError(`${where} must be an object`);
  const options: ComposeOptions = { lazy: false, behaviour: behaviourOf(value, where) };
  if (value.variants !== undefined) options.variants = variantsOf(value.variants, `${where}.variants`);
  if (value.size !== undefined) options.size = sizeOf(value.size, `${where}.size`);
  if (value.pages !== undefined) options.pages = wholeNumber(value.pages, `${where}.pages`, 1, MOST_PAGES);
  return options;
}

function variantsOf(value: unknown, where: string): Variant[] {
  return someOf(value, where).map((each) => {
    if (DRIVER_VARIANTS.includes(each as Variant)) return each as Variant;
    throw new DriverDataError(`${where} may hold ${DRIVER_VARIANTS.join(", ")}`);
  });
}

function behaviourOf(value: Fields, where: string): Partial<Behaviour> {
  const behaviour: Partial<Behaviour> = {};
  if (value.slowMs !== undefined) behaviour.slowMs = wholeNumber(value.slowMs, `${where}.slowMs`, 0, LONGEST_PAUSE_MS);
  if (value.hold !== undefined) behaviour.hold = yesOrNo(value.hold, `${where}.hold`);
  if (value.endless !== undefined) behaviour.endless = yesOrNo(value.endless, `${where}.endless`);
  if (value.cut !== undefined) behaviour.cutCustomers = listOf(value.cut, `${where}.cut`).map(String);
  if (value.fail === undefined) return behaviour;
  const { fail } = value;
  if (!isFields(fail)) throw new DriverDataError(`${where}.fail must be an object`);
  const share = fail.share === undefined ? undefined : amountOf(fail.share, `${where}.fail.share`);
  if (share !== undefined && !(share >= 0 && share <= 1)) throw new DriverDataError(`${where}.fail.share must be from 0 to 1`);
  if (share !== undefined) behaviour.failShare = share;
  if (fail.seed !== undefined) behaviour.failSeed = wholeNumber(fail.seed, `${where}.fail.seed`, 0, Number.MAX_SAFE_INTEGER);
  if (fail.customers !== undefined) behaviour.failCustomers = listOf(fail.customers, `${where}.fail.customers`).map(String);
  if (fail.queues !== undefined) behaviour.failVariants = queuesOf(fail.queues, `${where}.fail.queues`);
  return behaviour;
}

/** Queue names as the variants they carry. */
function queuesOf(value: unknown, where: string): Variant[] {
  return listOf(value, where).map((each) => {
    const found = DRIVER_VARIANTS.find((variant) => VARIANTS[variant].queueName === each);
    if (!found) throw new DriverDataError(`${where} may hold ${DRIVER_VARIANTS.map((variant) => VARIANTS[variant].queueName).join(", ")}`);
    return found;
  });
}

function yesOrNo(value: unknown, where: string): boolean {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new DriverDataError(`${where} must be true or false`);
}

function sizeOf(value: unknown, where: string): SizeWish {
  if (!isFields(value)) return wholeNumber(value, where, 1, MOST_BYTES);
  const min = wholeNumber(value.min, `${where}.min`, 1, MOST_BYTES);
  return { min, max: wholeNumber(value.max, `${where}.max`, min, MOST_BYTES) };
}

function listed(customers: unknown[]): CustomerSource {
  const checked = customers.map((each, index) => customerOf(each, `customers[${index}]`));
  const places = new Map(checked.map(({ number }, index) => [number, index]));
  return {
    count: checked.length,
    at: (index) => checked[index] as Customer,
    variantsAt: (index) => checked[index]?.variants,
    indexOf: (number) => places.get(number),
  };
}

function customerOf(value: unknown, where: string): Customer {
  if (!isFields(value)) throw new DriverDataError(`${where} must be an object`);
  return {
    number: required(value, "number", where),
    name: required(value, "name", where),
    address: addressOf(value.address, where),
    account: required(value, "account", where),
    period: required(value, "period", where),
    currency: optional(value, "currency", where) ?? "EUR",
    balance: amountOf(value.balance ?? 0, `${where}.balance`),
    transactions: listOf(value.transactions ?? [], `${where}.transactions`).map((each, index) =>
      transactionOf(each, `${where}.transactions[${index}]`),
    ),
    email: optional(value, "email", where),
    mobile: optional(value, "mobile", where),
    language: optional(value, "language", where) ?? "en",
    variants: value.variants === undefined ? undefined : variantsOf(value.variants, `${where}.variants`),
  };
}

function transactionOf(value: unknown, where: string): Transaction {
  if (!isFields(value)) throw new DriverDataError(`${where} must be an object`);
  return { date: required(value, "date", where), text: required(value, "text", where), amount: amountOf(value.amount, `${where}.amount`) };
}

function addressOf(value: unknown, where: string): string[] {
  if (value === undefined) return [];
  if (typeof value === "string") return value.split(/\r?\n/).filter(Boolean);
  return listOf(value, `${where}.address`).map(String);
}

function required(fields: Fields, name: string, where: string): string {
  const value = optional(fields, name, where);
  if (value === undefined || value === "") throw new DriverDataError(`${where}.${name} is missing`);
  return value;
}

function optional(fields: Fields, name: string, where: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" && typeof value !== "number") throw new DriverDataError(`${where}.${name} must be text`);
  return String(value);
}

function amountOf(value: unknown, where: string): number {
  const amount = typeof value === "string" ? Number(value) : value;
  if (typeof amount === "number" && Number.isFinite(amount)) return amount;
  throw new DriverDataError(`${where} must be a number`);
}

function wholeNumber(value: unknown, where: string, least: number, most: number): number {
  const number = typeof value === "string" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new DriverDataError(`${where} must be a whole number from ${least} to ${most}`);
}

function listOf(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new DriverDataError(`${where} must be a list`);
}

/** A list that is not empty. */
function someOf(value: unknown, where: string): unknown[] {
  const list = listOf(value, where);
  if (list.length > 0) return list;
  throw new DriverDataError(`${where} is empty`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
