import { type Hold, isOver, isUnderWay, type Retention, type Tier } from "../../core/lifecycle/lifecycle";
import type { GovernedObject } from "../../runtime/governed-object";
import type { Settings } from "./config";

/** `msg.lifecycle`: what an object was under when it was last read. */
export interface LifecycleReport {
  objectId: string;
  type: string;
  /** Key of its document in the ledger, where the object carries one. */
  documentKey?: string;
  versions: number;
  held: boolean;
  holds: Pick<Hold, "matter" | "placedAt" | "placedBy">[];
  /** Matters whose hold has ended. */
  released: string[];
  retained: boolean;
  retention?: Retention;
  tier?: Tier;
  aclId?: string;
  /** A deletion has begun, or was begun by a process that died a moment ago. */
  beingDeleted: boolean;
  /** Neither a hold nor the retention forbids it. */
  deletable: boolean;
  checkedAt: string;
  deleted?: Deleted;
}

/** What is left of a deleted object. */
export interface Deleted {
  at: string;
  how: "bin" | "forGood";
  by?: string;
  versions: { id: string; version?: number }[];
}

type ReportSettings = Pick<Settings, "cmsType" | "keyAttribute">;

export function reportOf(object: GovernedObject, { cmsType: type, keyAttribute }: ReportSettings): LifecycleReport {
  const { latest, holds, retention, released, deletions, versions } = object;
  const now = Date.now();
  const retained = retention !== undefined && !isOver(retention, now);
  const { tier } = latest.lifecycle;
  const { aclId, properties } = latest.instance;
  const documentKey = properties[keyAttribute];
  return {
    objectId: latest.ref.id,
    type,
    ...(typeof documentKey === "string" && documentKey ? { documentKey } : {}),
    versions: versions.length,
    held: holds.length > 0,
    holds: holds.map(({ matter, placedAt, placedBy }) => ({
      matter,
      ...(placedAt ? { placedAt } : {}),
      ...(placedBy ? { placedBy } : {}),
    })),
    released,
    retained,
    ...(retention ? { retention } : {}),
    ...(tier ? { tier } : {}),
    ...(aclId ? { aclId } : {}),
    beingDeleted: deletions.some((deletion) => isUnderWay(deletion, now)),
    deletable: holds.length === 0 && !retained,
    checkedAt: new Date(now).toISOString(),
  };
}

/** The report of an object that is no more. */
export function deletedReport(
  object: GovernedObject,
  settings: ReportSettings,
  how: Deleted["how"],
  by: string | undefined,
): LifecycleReport {
  const versions = object.versions.map(({ ref, instance }) => ({
    id: ref.id,
    ...(instance.versionNo === undefined ? {} : { version: instance.versionNo }),
  }));
  const deleted = { at: new Date().toISOString(), how, ...(by ? { by } : {}), versions };
  return { ...reportOf(object, settings), beingDeleted: false, deletable: false, deleted };
}
