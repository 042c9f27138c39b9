import type { CmsClient, Instance, InstanceRef } from "../clients/cms/cms";
import { DocbridgeError } from "../core/errors";
import {
  type BegunDeletion,
  type Hold,
  type LifecycleTraits,
  longest,
  type Retention,
  readLifecycle,
  type VersionLifecycle,
} from "../core/lifecycle/lifecycle";

export interface GovernedVersion {
  ref: InstanceRef;
  instance: Instance;
  lifecycle: VersionLifecycle;
}

/** An object with all its versions, the newest first: what one of them is under, the object is under. */
export class GovernedObject {
  constructor(readonly versions: GovernedVersion[]) {}

  get latest(): GovernedVersion {
    return this.versions.find(({ instance }) => instance.latest) ?? (this.versions[0] as GovernedVersion);
  }

  /** One for each matter. */
  get holds(): Hold[] {
    const holds = this.versions.flatMap(({ lifecycle }) => lifecycle.holds);
    return [...new Map(holds.reverse().map((hold) => [hold.matter, hold])).values()].reverse();
  }

  /** Matters that are no longer held on any version. */
  get released(): string[] {
    const held = new Set(this.holds.map(({ matter }) => matter));
    return [...new Set(this.versions.flatMap(({ lifecycle }) => lifecycle.released))].filter((matter) => !held.has(matter));
  }

  /** The one that ends last. */
  get retention(): Retention | undefined {
    return this.versions.map(({ lifecycle }) => lifecycle.retention).reduce(longest, undefined);
  }

  get deletions(): BegunDeletion[] {
    return this.versions.flatMap(({ lifecycle }) => lifecycle.deletions);
  }
}

/** Reads an object anew. Throws `not-found`, and `lifecycle-unreadable` when any version leaves a doubt. */
export async function readObject(
  cms: CmsClient,
  { type, id }: Pick<InstanceRef, "type" | "id">,
  names: LifecycleTraits,
  signal: AbortSignal,
): Promise<GovernedObject> {
  const rows = await cms.versions.list({ category: "file", type, id }, { signal });
  if (!rows.some((row) => row.id === id)) {
    throw new DocbridgeError("lifecycle-unreadable", {
      message: `CMS lists no versions of object ${id}, so its holds and retention are not known. Nothing was deleted or changed.`,
      subject: id,
    });
  }
  const versions = await Promise.all(
    rows.map(async (row): Promise<GovernedVersion> => {
      const instance = await cms.getInstance("file", type, row.id, { signal });
      const lifecycle = readLifecycle(instance.hasTraits ? instance.traits : undefined, names, row.id);
      return { ref: { category: "file", type, id: row.id }, instance, lifecycle };
    }),
  );
  return new GovernedObject(versions);
}
