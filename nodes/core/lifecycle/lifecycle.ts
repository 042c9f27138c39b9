import { DocbridgeError } from "../errors";

/** System names of the traits that hold the lifecycle of an object in CMS: our convention (wire/css.md section 11). */
export interface LifecycleTraits {
  tier: string;
  retention: string;
  hold: string;
  /** Marks of deletions that have begun. */
  deletion: string;
  /** Requests for restores, and their answers. */
  recall: string;
  /** Hashes of the bytes. */
  integrity: string;
}

/** A legal hold that is in force. */
export interface Hold {
  matter: string;
  /** Name of the trait's instance. */
  instance: string;
  placedAt?: string;
  placedBy?: string;
  /** Id of the ACL to go back to when the last hold ends, where the hold has put another one on the object. */
  aclBefore?: string;
}

export interface Retention {
  policy?: string;
  /** A date (kept until the end of that day, UTC), or date and time; ISO 8601. */
  retainUntil: string;
  basis?: string;
  /** What is to happen afterwards; `delete` lets the object expire. */
  disposition?: string;
}

export interface Tier {
  name: string;
  since?: string;
  nextOn?: string;
}

/** A deletion that has begun and was not given up. */
export interface BegunDeletion {
  id: string;
  begunAt: string;
}

/** What one version of an object says of its lifecycle. */
export interface VersionLifecycle {
  holds: Hold[];
  /** Matters whose hold was released. */
  released: string[];
  retention?: Retention;
  tier?: Tier;
  deletions: BegunDeletion[];
}

/** Name of the instance of the integrity trait for an object's primary content (our convention). */
export const INTEGRITY_INSTANCE = "primary";

type Values = Record<string, unknown>;

/** A mark older than this is that of a process that died: longer than a deletion and its longest request, milliseconds. */
const DEAD_MS = 600_000;

export function lifecycleTraits(prefix: string): LifecycleTraits {
  return {
    tier: `${prefix}_lifecycle`,
    retention: `${prefix}_retention`,
    hold: `${prefix}_legal_hold`,
    deletion: `${prefix}_deletion`,
    recall: `${prefix}_recall`,
    integrity: `${prefix}_integrity`,
  };
}

/**
 * Reads the lifecycle from the traits of a version as the service gave them. Whatever is not as expected may be a hold
 * that somebody wrote in another way, so it is not passed over. Throws `lifecycle-unreadable`.
 */
export function readLifecycle(traits: unknown, names: LifecycleTraits, objectId: string): VersionLifecycle {
  const reader = new Reader(traits, objectId);
  const state: VersionLifecycle = { holds: [], released: [], deletions: [] };
  for (const [name, values] of reader.instances(names.hold)) {
    const matter = reader.text(values, names.hold, "matter_id") ?? name;
    if (reader.date(values, names.hold, "released_at")) state.released.push(matter);
    else {
      const [placedAt, placedBy, aclBefore] = ["placed_at", "placed_by", "acl_before"].map((each) => reader.text(values, names.hold, each));
      const details = { ...(placedAt ? { placedAt } : {}), ...(placedBy ? { placedBy } : {}), ...(aclBefore ? { aclBefore } : {}) };
      state.holds.push({ matter, instance: name, ...details });
    }
  }
  for (const [, values] of reader.instances(names.retention))
    state.retention = longest(state.retention, retentionOf(reader, values, names));
  for (const [, values] of reader.instances(names.tier)) state.tier ??= tierOf(reader, values, names);
  for (const [id, values] of reader.instances(names.deletion)) {
    if (isBlank(values) || reader.text(values, names.deletion, "ended_at")) continue;
    state.deletions.push({ id, begunAt: reader.text(values, names.deletion, "begun_at") ?? "" });
  }
  return state;
}

/** Of two retentions the one that ends later. */
export function longest(one: Retention | undefined, other: Retention | undefined): Retention | undefined {
  if (!one || !other) return one ?? other;
  return endOf(other.retainUntil) > endOf(one.retainUntil) ? other : one;
}

/** Is this retention over, at a time in milliseconds? */
export function isOver({ retainUntil }: Retention, nowMs: number): boolean {
  return nowMs >= endOf(retainUntil);
}

/** When a retention ends, in milliseconds: a date alone means the end of that day in UTC. NaN when it is none. */
export function endOf(retainUntil: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(T.+)?$/.test(retainUntil) ? Date.parse(retainUntil) : Number.NaN;
  return retainUntil.includes("T") ? time : time + 24 * 3600 * 1000;
}

/** May this deletion still be carried out? */
export function isUnderWay({ begunAt }: BegunDeletion, nowMs: number): boolean {
  const begun = Date.parse(begunAt);
  return Number.isNaN(begun) || nowMs - begun < DEAD_MS;
}

function retentionOf(reader: Reader, values: Values, names: LifecycleTraits): Retention | undefined {
  if (isBlank(values)) return undefined;
  const retainUntil = reader.date(values, names.retention, "retain_until");
  // A policy without an end may mean for ever.
  if (!retainUntil) throw reader.unreadable(names.retention, "has no retain_until");
  const [policy, basis, disposition] = ["policy", "basis", "disposition"].map((name) => reader.text(values, names.retention, name));
  return { retainUntil, ...(policy ? { policy } : {}), ...(basis ? { basis } : {}), ...(disposition ? { disposition } : {}) };
}

function tierOf(reader: Reader, values: Values, names: LifecycleTraits): Tier | undefined {
  const [name, since, nextOn] = ["tier", "tier_since", "next_tier_on"].map((attribute) => reader.text(values, names.tier, attribute));
  return name ? { name, ...(since ? { since } : {}), ...(nextOn ? { nextOn } : {}) } : undefined;
}

function isBlank(values: Values): boolean {
  return Object.values(values).every((value) => value === null || value === undefined || value === "");
}

/** Reads `traits.{trait}.{instance}.{attribute}`, and passes over nothing that it does not understand. */
class Reader {
  constructor(
    private readonly traits: unknown,
    private readonly objectId: string,
  ) {}

  instances(trait: string): [string, Values][] {
    if (!isValues(this.traits)) throw this.unreadable(trait, "did not come with the object");
    const named = this.traits[trait];
    if (named === undefined || named === null) return [];
    if (!isValues(named)) throw this.unreadable(trait, "is no object of named instances");
    return Object.entries(named).map(([name, values]) => {
      if (!isValues(values)) throw this.unreadable(trait, "has an instance that is no object");
      return [name, values];
    });
  }

  text(values: Values, trait: string, attribute: string): string | undefined {
    const value = values[attribute];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value !== "string") throw this.unreadable(trait, `has a ${attribute} that is no text`);
    return value;
  }

  date(values: Values, trait: string, attribute: string): string | undefined {
    const value = this.text(values, trait, attribute);
    if (value !== undefined && Number.isNaN(endOf(value))) throw this.unreadable(trait, `has a ${attribute} that is no date`);
    return value;
  }

  unreadable(trait: string, what: string): DocbridgeError {
    return new DocbridgeError("lifecycle-unreadable", {
      message: `The trait ${trait} of CMS object ${this.objectId} ${what}. Nothing is deleted or changed while holds and retention cannot be read; correct it in CMS.`,
      subject: this.objectId,
    });
  }
}

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
