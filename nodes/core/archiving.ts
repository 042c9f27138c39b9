import { setTimeout as sleep } from "node:timers/promises";
import type { DocbridgeDocument, DocumentState, Receipt } from "./document";
import { asDocbridgeError, type DocbridgeError } from "./errors";
import { failureOf } from "./ledger/failure";
import type { Intent, IntentClaim, IntentProgress, Ledger } from "./ledger/ledger";

/** What a target node contributes: three questions to its server. All throw DocbridgeError. */
export interface ArchiveTarget {
  /**
   * The object that carries the document's key, or undefined. `progress` is what an earlier try has saved. Throws
   * `ambiguous-key` when there are several.
   */
  lookUp(document: DocbridgeDocument, signal: AbortSignal, progress: IntentProgress): Promise<Receipt | undefined>;
  /**
   * Creates the object. A target that needs several requests keeps what it has achieved with `save`, and is given it
   * again as `progress` on the next attempt.
   */
  create(
    document: DocbridgeDocument,
    progress: IntentProgress,
    save: (progress: IntentProgress) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Receipt>;
  /** Compares the bytes at the target with ours. Throws `verification-failed` when they differ. */
  verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<NonNullable<Receipt["verified"]>>;
  /**
   * Does what a half-done receipt has `pending`, in such a way that doing it twice does no harm, and gives the receipt
   * with nothing pending. `save` keeps what is done so far. Only for targets whose receipts can be half-done.
   */
  complete?(
    document: DocbridgeDocument,
    receipt: Receipt,
    save: (receipt: Receipt) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Receipt>;
}

export interface ArchivingOptions {
  /** Name of the destination. */
  target: string;
  /** `always`: look the key up even when nothing is known of an earlier try (a ledger that was lost or replaced). */
  lookUp: "doubt" | "always";
  /** After a try that may have been carried out: milliseconds from its start until a look-up can be trusted to see it. */
  settleMs: number;
  signal: AbortSignal;
}

export type ArchivingOutcome =
  | { outcome: "archived"; receipt: Receipt; state: DocumentState }
  /** Nothing to hand on: another worker has the document, or it ended meanwhile. */
  | { outcome: "dropped" }
  | { outcome: "retry"; error: DocbridgeError; nextAt: number }
  /** It waits for somebody else, until it is asked again at `nextAt`. */
  | { outcome: "parked"; error: DocbridgeError; nextAt: number }
  | { outcome: "quarantined"; error: DocbridgeError };

/** While a long upload runs, the flow time-out is pushed back this often, in milliseconds. */
const TOUCH_MS = 30_000;
/** How long a document waits when another live worker is at the same target, in milliseconds. */
const BUSY_MS = 500;

/** Whether it is still unknown that an earlier try was carried out. Only a look-up that was answered ends that. */
interface Doubt {
  open: boolean;
}

/**
 * Gets a receipt of one target for one document: intent, look-up after any doubt, create, receipt, verification, and the
 * steps that are pending after it. Every failure ends in the ledger as a planned retry, a parked document or a
 * quarantine; it throws only when the ledger itself fails.
 */
export async function archive(
  ledger: Ledger,
  document: DocbridgeDocument,
  target: ArchiveTarget,
  options: ArchivingOptions,
): Promise<ArchivingOutcome> {
  const { id, fence } = document;
  const intent = await ledger.intent({ id, fence, target: options.target });
  const alive = setInterval(() => void ledger.touch(id, fence).catch(() => undefined), TOUCH_MS);
  const claim: IntentClaim | undefined = "token" in intent ? { id, target: options.target, token: intent.token } : undefined;
  const doubt: Doubt = { open: intent.outcome === "look-up" };
  try {
    return await carryOut(ledger, document, target, options, intent, claim, doubt);
  } catch (thrown) {
    return await recordFailure(ledger, document, claim, asDocbridgeError(thrown), doubt.open);
  } finally {
    clearInterval(alive);
  }
}

async function carryOut(
  ledger: Ledger,
  document: DocbridgeDocument,
  target: ArchiveTarget,
  options: ArchivingOptions,
  intent: Intent,
  claim: IntentClaim | undefined,
  doubt: Doubt,
): Promise<ArchivingOutcome> {
  const signal = AbortSignal.any([options.signal, ledger.leaseLost]);
  let receipt: Receipt;
  let state: DocumentState | undefined;
  switch (intent.outcome) {
    case "stale":
    case "ended":
    case "held":
      return { outcome: "dropped" };
    case "busy":
      await ledger.release(document.id, document.fence, BUSY_MS);
      return { outcome: "dropped" };
    case "receipt":
      receipt = intent.receipt;
      break;
    case "create":
    case "look-up":
      receipt = await obtainReceipt(ledger, document, target, options, intent, claim as IntentClaim, doubt, signal);
      state = await ledger.receipt(claim as IntentClaim, receipt);
  }
  if (!receipt.verified) {
    receipt = { ...receipt, verified: await target.verify(document, receipt, signal) };
    state = await ledger.verified(document.id, options.target, receipt);
  }
  if (receipt.pending?.length && target.complete) {
    const save = async (half: Receipt) => void (await ledger.amended(document.id, options.target, half));
    receipt = await target.complete(document, receipt, save, signal);
    state = await ledger.amended(document.id, options.target, receipt);
  }
  return { outcome: "archived", receipt, state: state ?? "archiving" };
}

async function obtainReceipt(
  ledger: Ledger,
  document: DocbridgeDocument,
  target: ArchiveTarget,
  options: ArchivingOptions,
  intent: Extract<Intent, { token: number }>,
  claim: IntentClaim,
  doubt: Doubt,
  signal: AbortSignal,
): Promise<Receipt> {
  if (intent.outcome === "look-up") {
    const wait = options.settleMs - (Date.now() - intent.since);
    // A clock that was stepped must not make a document wait for ever.
    if (wait > 0) await sleep(Math.min(wait, options.settleMs), undefined, { signal });
  }
  if (intent.outcome === "look-up" || options.lookUp === "always") {
    const found = await target.lookUp(document, signal, intent.progress);
    doubt.open = false;
    const { suspectedOrphans, lostUploads } = intent.progress;
    if (found) return { ...found, recovered: true, suspectedOrphans, lostUploads };
  }
  return target.create(document, intent.progress, (progress) => ledger.progress(claim, progress), signal);
}

async function recordFailure(
  ledger: Ledger,
  document: DocbridgeDocument,
  claim: IntentClaim | undefined,
  error: DocbridgeError,
  inDoubt: boolean,
): Promise<ArchivingOutcome> {
  if (error.code === "fenced") return { outcome: "dropped" };
  if (error.code === "ledger-io" || error.code === "ledger-unavailable") throw error;
  const { outcome, nextAt } = await ledger.fail({
    id: document.id,
    fence: document.fence,
    target: claim?.target,
    token: claim?.token,
    error: failureOf(error, inDoubt),
  });
  switch (outcome) {
    case "stale":
      return { outcome: "dropped" };
    case "retry":
    case "parked":
      return { outcome, error, nextAt: nextAt as number };
    case "quarantined":
      return { outcome: "quarantined", error };
  }
}
