import { type DocbridgeError, deservesAnotherAttempt } from "../errors";
import type { Failure } from "./ledger";

/**
 * An error as the ledger records it. `inDoubt`: something that was tried before may have been carried out, whatever this
 * error says. Being stopped is nobody's failure: the document is due again at once and the intent stays in doubt.
 */
export function failureOf(error: DocbridgeError, inDoubt = false): Failure["error"] {
  const aborted = error.code === "aborted" || (error.cause as Error | undefined)?.name === "AbortError";
  return {
    code: aborted ? "aborted" : error.code,
    message: error.message,
    retryable: aborted || deservesAnotherAttempt(error),
    ambiguous: aborted || inDoubt || error.ambiguous,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.parkMs === undefined || aborted ? {} : { parkMs: error.parkMs }),
  };
}
