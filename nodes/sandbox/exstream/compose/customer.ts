/** What a composition may leave behind for one customer. */
export type Variant = "pdf" | "html" | "mobile" | "sms" | "mpw";

/** What driver data may ask for; a document for the interactive editor comes of an interactive communication alone. */
export const DRIVER_VARIANTS: Variant[] = ["pdf", "html", "mobile", "sms"];

/** One movement on the account. */
export interface Transaction {
  date: string;
  text: string;
  amount: number;
}

/** One customer of the driver data. */
export interface Customer {
  number: string;
  name: string;
  /** Lines of the postal address. */
  address: string[];
  account: string;
  /** For example `2026-06`. */
  period: string;
  currency: string;
  balance: number;
  transactions: Transaction[];
  email?: string;
  mobile?: string;
  /** `en` or `de`; anything else is set in English. */
  language: string;
  /** What is composed for this customer alone; absent: what the job asks for. */
  variants?: Variant[];
}

/** Exact size of every PDF and HTML output in bytes, or a range from which each customer gets a size of its own. */
export type SizeWish = number | { min: number; max: number };

/** How a job is to go wrong or to wait (wire/exstream.md 12.1: partial success is normal). */
export interface Behaviour {
  /** Share of the customers whose composition fails, 0 to 1: exactly that share of them, rounded. */
  failShare: number;
  /** Which customers make up the share. */
  failSeed: number;
  /** Numbers of customers whose composition fails besides. */
  failCustomers: string[];
  /** Fails these variants of the customers only; empty: all, and the customer is reported as a whole. */
  failVariants: Variant[];
  /** Milliseconds the composition of each customer takes longer. */
  slowMs: number;
  /** The job waits, composed, on a hold step until that is released. */
  hold: boolean;
  /** The composition never ends. */
  endless: boolean;
  /** Numbers of customers whose outputs break off in the middle. */
  cutCustomers: string[];
}

/** How large the outputs are to be. */
export interface Extent {
  size?: SizeWish;
  /** Least number of PDF pages. */
  pages?: number;
}

/** What the driver data asks of the composition. */
export interface ComposeOptions extends Extent {
  /** Absent: the caller's choice, PDF if it has none. */
  variants?: Variant[];
  /** Nothing is stored or delivered: outputs are composed when somebody reads them. */
  lazy: boolean;
  /** What is absent here is as the sandbox's switches say. */
  behaviour: Partial<Behaviour>;
}

/** Customers by index; made on demand, so a million of them cost no memory. */
export interface CustomerSource {
  count: number;
  at(index: number): Customer;
  /** What is composed for a customer alone; undefined: what the job asks for. Cheaper than the customer. */
  variantsAt(index: number): Variant[] | undefined;
  /** Place of the customer of a number; undefined when there is none. */
  indexOf(number: string): number | undefined;
}

/** Driver data, read and checked. */
export interface DriverData {
  options: ComposeOptions;
  customers: CustomerSource;
}

/** Queue, communication channel and media type of each variant. Names are ours; a real design names its own queues. */
export const VARIANTS: Record<Variant, { queueName: string; channel: string; mimeType: string; ending: string }> = {
  pdf: { queueName: "PDF", channel: "print", mimeType: "application/pdf", ending: ".pdf" },
  html: { queueName: "HTML", channel: "email", mimeType: "text/html", ending: ".html" },
  mobile: { queueName: "MOBILE", channel: "mobile", mimeType: "text/html", ending: "-mobile.html" },
  sms: { queueName: "SMS", channel: "sms", mimeType: "text/plain", ending: ".txt" },
  mpw: { queueName: "EMPOWER", channel: "interactive", mimeType: "application/vnd.exstream-empower", ending: ".mpw" },
};

/** Driver data that cannot be composed. The text names the field. */
export class DriverDataError extends Error {}
