/** Bringing objects back from a tier from which they cannot be read at once. All times in what is stored are ISO 8601. */

/** What the governing service shows of the restore that was asked for last. */
export interface Restore {
  requestId: string;
  /** When it expects the object to be readable: an estimate. */
  eta?: string;
  /** Since when the restored copy is there. Absent: the request is accepted, and nothing can be read yet. */
  availableFrom?: string;
  /** When the restored copy goes again; absent: not known. */
  availableUntil?: string;
  cost?: number;
}

export interface Availability {
  /** Key of the object's document in the ledger, where it carries one. */
  documentKey?: string;
  tier?: string;
  /** The object can be read without a restore. */
  online: boolean;
  restore?: Restore;
}

/** Whoever moves objects between tiers. No public interface of it is known, so this is all that is asked of it. */
export interface GoverningService {
  /** Reads anew. */
  read(objectId: string): Promise<Availability>;
  /** Asks for a restore; the same request twice is one request. `replaces`: an older one was answered, and its answer is void. */
  request(objectId: string, request: { requestId: string; requestedAt: string; replaces: boolean }): Promise<void>;
}

/** Whether an object can be read now: accepted is not available, and a restored copy may be gone again. */
export function phaseOf({ online, restore }: Availability, nowMs: number): "online" | "cold" | "requested" | "restored" | "expired" {
  if (online) return "online";
  if (!restore) return "cold";
  if (!restore.availableFrom || Date.parse(restore.availableFrom) > nowMs) return "requested";
  return restore.availableUntil && Date.parse(restore.availableUntil) <= nowMs ? "expired" : "restored";
}

/** What is kept of the recall of an object while somebody waits for it. */
export interface RecallRecord {
  requestId: string;
  requestedAt: string;
  /** Restores requested for those who wait: 2 when the first copy went before it was picked up. */
  requests: number;
  /** The first estimate: what its error is measured by. */
  eta?: string;
  availableFrom?: string;
  cost?: number;
}

/** What a recalled object was delivered with: `msg.recall`. */
export interface RecallFacts {
  objectId: string;
  documentKey?: string;
  tier?: string;
  /** `online`: nothing had to be restored. */
  state: "online" | "restored";
  requestId?: string;
  requestedAt?: string;
  requests?: number;
  eta?: string;
  availableFrom?: string;
  availableUntil?: string;
  /** Seconds from the first estimate until it was available; negative: earlier. */
  etaErrorSeconds?: number;
  /** As the governing service reports it. */
  cost?: number;
}

/** How an object stands that somebody wants. */
export type Standing =
  | { outcome: "available"; facts: RecallFacts }
  /** `requested`: the restore is under way; `rate`, `budget`: it is requested when the cap allows it, not before `notBefore` (milliseconds). */
  | { outcome: "waiting"; why: "requested"; requestId: string; eta?: string }
  | { outcome: "waiting"; why: "rate" | "budget"; notBefore: number };

export function factsOf(
  objectId: string,
  { documentKey, tier, online, restore }: Availability,
  record: RecallRecord | undefined,
): RecallFacts {
  const about = { objectId, ...(documentKey ? { documentKey } : {}), ...(tier ? { tier } : {}) };
  if (online) return { ...about, state: "online" };
  const own = record?.requestId === restore?.requestId ? record : undefined;
  const eta = own?.eta ?? restore?.eta;
  const { requestId, availableFrom, availableUntil, cost } = restore as Restore;
  const late = eta && availableFrom ? Math.round((Date.parse(availableFrom) - Date.parse(eta)) / 1000) : undefined;
  return {
    ...about,
    state: "restored",
    requestId,
    ...(own ? { requestedAt: own.requestedAt, requests: own.requests } : {}),
    ...(eta ? { eta } : {}),
    ...(availableFrom ? { availableFrom } : {}),
    ...(availableUntil ? { availableUntil } : {}),
    ...(late === undefined ? {} : { etaErrorSeconds: late }),
    ...(cost === undefined ? {} : { cost }),
  };
}
