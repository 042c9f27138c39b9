import { DocbridgeError } from "../core/errors";

export interface Patience {
  /** How long a document waits for somebody else before it is quarantined, milliseconds. */
  longestMs: number;
  /** The first pause between two tries, milliseconds; pauses grow with the time waited. */
  againMs: number;
}

/**
 * Something that is given up for now because somebody else has to act first: `waitOut` turns it into a parked document.
 * A `parkMs` above 0 is the first pause, in the place of the one that was set.
 */
export function worthWaiting(error: DocbridgeError): boolean {
  return error.code === "locked" || error.parkMs !== undefined;
}

/**
 * Carries out work that may have to wait for somebody else. Since when it waits is kept with what
 * the work itself saves, so that the time allowed also ends after restarts.
 *
 * @param progress What was saved last, before this try.
 * @param work Saves through the function it is given, so that waiting is added to its latest.
 * @throws The error of the work: to park the document while there is time, without that afterwards.
 */
export async function waitOut<P extends { waitingSince?: string }, T>(
  patience: Patience,
  progress: P,
  save: (progress: P) => Promise<void>,
  work: (keep: (progress: P) => Promise<void>) => Promise<T>,
): Promise<T> {
  let latest = progress;
  const keep = async (made: P) => {
    latest = made;
    await save(made);
  };
  try {
    return await work(keep);
  } catch (thrown) {
    if (!(thrown instanceof DocbridgeError) || !worthWaiting(thrown)) throw thrown;
    const { code, message, subject, status, remote, ambiguous } = thrown;
    const begun = progress.waitingSince ?? new Date().toISOString();
    const waited = Date.now() - Date.parse(begun);
    const rest = patience.longestMs - waited;
    // A replay after the quarantine waits anew.
    await save({ ...latest, waitingSince: rest > 0 ? begun : undefined });
    const details = { subject, status, remote, ambiguous, cause: thrown };
    if (rest <= 0) throw new DocbridgeError(code, { ...details, message: `${message} It was waited for ${duration(waited)}.` });
    throw new DocbridgeError(code, {
      ...details,
      message,
      parkMs: Math.min(rest, Math.max(thrown.parkMs || patience.againMs, waited / 10)),
    });
  }
}

function duration(ms: number): string {
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 3_600_000)} hours`;
}
