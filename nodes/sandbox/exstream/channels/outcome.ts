import type { OutputRecord } from "../jobs/record-types";
import type { Metadata } from "./metadata";

/** One output on its way to one channel. */
export interface Parcel {
  output: OutputRecord;
  metadata: Metadata;
  /** Where the bytes lie. */
  path: string;
}

/** What one try came to. `retry` may name the pause the receiver asked for. */
export type Outcome =
  | { kind: "delivered"; status?: number }
  | { kind: "rejected"; status?: number; reason: string }
  | { kind: "retry"; status?: number; reason: string; afterMs?: number };
