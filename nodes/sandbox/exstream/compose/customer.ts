/** What a composition may leave behind for one customer. */
export type Variant = "pdf" | "html" | "sms";

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
}

/** Exact size of every PDF and HTML output in bytes, or a range from which each customer gets a size of its own. */
export type SizeWish = number | { min: number; max: number };

/** What the driver data asks of the composition. */
export interface ComposeOptions {
  /** Absent: the caller's choice, PDF if it has none. */
  variants?: Variant[];
  size?: SizeWish;
  /** Least number of PDF pages. */
  pages?: number;
}

/** Customers by index; made on demand, so a million of them cost no memory. */
export interface CustomerSource {
  count: number;
  at(index: number): Customer;
}

/** Driver data, read and checked. */
export interface DriverData {
  options: ComposeOptions;
  customers: CustomerSource;
}

/** Queue, communication channel and media type of each variant. Names are ours; a real design names its own queues. */
export const VARIANTS: Record<Variant, { queueName: string; channel: string; mimeType: string; extension: string }> = {
  pdf: { queueName: "PDF", channel: "print", mimeType: "application/pdf", extension: "pdf" },
  html: { queueName: "HTML", channel: "email", mimeType: "text/html", extension: "html" },
  sms: { queueName: "SMS", channel: "sms", mimeType: "text/plain", extension: "txt" },
};

/** Driver data that cannot be composed. The text names the field. */
export class DriverDataError extends Error {}
