import type { Reason } from "../folder/folder-files";

/** `msg.payload` of the trigger's second output. */
export interface BatchEvent {
  type: "opened" | "progress" | "complete" | "failed";
  batchId: string;
  /** ISO 8601. */
  at: string;
  counts: {
    /** That are in the ledger. */
    documents: number;
    /** That will be in the ledger, where it is known. */
    expected?: number;
    /** That have not ended. */
    open: number;
    closed: number;
    quarantined: number;
    conflict: number;
    rejected: number;
    /** Customers or entries of a list for which no document came. */
    failed: number;
  };
  /** With `complete` and `failed`: what became no closed document, the first 1,000; `counts` has them all. */
  failures: BatchFailure[];
  /** The lists and jobs that have told all they have. */
  sources: Omit<BatchReport, "failures">[];
  /** Why it failed. */
  error?: Reason;
}

export interface BatchFailure {
  code: string;
  message: string;
  customerNumber?: string;
  queueName?: string;
  file?: string;
  /** Number in its list. */
  entry?: number;
  /** In the ledger: it came and was stopped. */
  documentId?: string;
}

/** What a list or a job says of a batch once it has told all it has. */
export interface BatchReport {
  /** What it is about; told again, it replaces itself. */
  source: string;
  failures: BatchFailure[];
  /** How many failures there are, also those that are not listed. */
  failed: number;
  /** What the message files of a job say of trouble. */
  messages?: string[];
  /** File with all failures, below the watched folder. */
  report?: string;
  /** Set when the batch cannot be complete. */
  error?: Reason;
}

/** Failures that are listed in an event at most. */
export const TOLD_FAILURES = 1_000;
