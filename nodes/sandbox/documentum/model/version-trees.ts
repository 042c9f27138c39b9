import type { ObjectTable } from "./object-table";
import type { ObjectRecord, VersionRecord } from "./records";

export const FIRST_VERSION: VersionRecord = { number: "1.0", labels: {}, current: 0 };

/** Number and labels of a version. */
export function versionOf(record: ObjectRecord): VersionRecord {
  return record.version ?? FIRST_VERSION;
}

/** Which versions belong together, and which of them holds `CURRENT` (wire/documentum.md section 13). */
export class VersionTrees {
  constructor(private readonly objects: ObjectTable) {}

  chronicleOf(record: ObjectRecord): string {
    return (record.values.i_chronicle_id as string | undefined) ?? record.id;
  }

  /** All versions of a chronicle, oldest first. */
  versions(chronicle: string): ObjectRecord[] {
    const found: ObjectRecord[] = [];
    for (const id of this.objects.lookup("i_chronicle_id", chronicle)) {
      const record = this.objects.get(id);
      if (record) found.push(record);
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The version with `CURRENT`; after that one's deletion the one that had it before [INF]. */
  current(chronicle: string): ObjectRecord | undefined {
    return this.versions(chronicle).reduce<ObjectRecord | undefined>(
      (best, version) => (best && versionOf(best).current >= versionOf(version).current ? best : version),
      undefined,
    );
  }

  isCurrent(record: ObjectRecord): boolean {
    return this.isAlone(record) || this.current(this.chronicleOf(record)) === record;
  }

  /** True when nobody ever checked in a further version. */
  isAlone(record: ObjectRecord): boolean {
    return record.values.i_chronicle_id === undefined || this.objects.count("i_chronicle_id", this.chronicleOf(record)) === 1;
  }

  /** Versions checked in on top of this one. */
  descendants(record: ObjectRecord): ObjectRecord[] {
    if (this.isAlone(record)) return [];
    return this.versions(this.chronicleOf(record)).filter(({ values }) => values.i_antecedent_id === record.id);
  }

  /** The one that continues the version's own branch. */
  successor(record: ObjectRecord): ObjectRecord | undefined {
    const depth = versionOf(record).number.split(".").length;
    return this.descendants(record).find((next) => versionOf(next).number.split(".").length <= depth);
  }

  /** Labels as `r_version_label` shows them: number, symbolic labels that were not given away, `CURRENT`. */
  labelsOf(record: ObjectRecord): string[] {
    const { number, labels } = versionOf(record);
    const all = this.isAlone(record) ? [] : this.versions(this.chronicleOf(record));
    const claimed = Object.entries(labels).filter(([label, claim]) => !all.some((other) => (versionOf(other).labels[label] ?? -1) > claim));
    const kept = claimed.map(([label]) => label);
    return [number, ...kept, ...(this.isCurrent(record) ? ["CURRENT"] : [])];
  }

  /** Number of the next version on top of `base` (DFC rules, [INF] in wire/documentum.md section 13). */
  nextNumber(base: ObjectRecord, policy: "next-major" | "next-minor" | "branch-version"): string {
    const numbers = new Set(this.versions(this.chronicleOf(base)).map((version) => versionOf(version).number));
    const parts = versionOf(base).number.split(".").map(Number);
    if (policy === "next-major") {
      const majors = [...numbers].map((number) => Number(number.split(".")[0]));
      return `${Math.max(...majors) + 1}.0`;
    }
    const minor = [...parts.slice(0, -1), (parts.at(-1) ?? 0) + 1].join(".");
    if (policy === "next-minor" && !numbers.has(minor)) return minor;
    let branch = 1;
    while (numbers.has([...parts, branch, 0].join("."))) branch += 1;
    return [...parts, branch, 0].join(".");
  }
}
