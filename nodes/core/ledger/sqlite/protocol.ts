import { asDocbridgeError, type ErrorCode } from "../../errors";
import type { RetryPolicy } from "../ledger";

/** What the thread is started with. */
export interface WorkerOptions {
  dir: string;
  session: string;
  policy: RetryPolicy;
  /** Extra milliseconds a commit takes; for tests. */
  commitDelayMs: number;
}

/** One operation to run. */
export interface Call {
  name: string;
  values: unknown[];
}

/** Its outcome; errors cross the thread border as plain data. */
export type Reply = { value: unknown } | { error: { code: ErrorCode; message: string; retryable: boolean } };

export function failedReply(thrown: unknown): Reply {
  const { code, message, retryable } = asDocbridgeError(thrown, "ledger-io");
  return { error: { code, message, retryable: code === "ledger-io" || retryable } };
}
