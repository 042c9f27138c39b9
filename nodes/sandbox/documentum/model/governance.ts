import { createHash } from "node:crypto";
import type { DocumentumSwitches } from "../switches";
import { dateText } from "../wire/dates";
import { badRequest, cause, refused } from "../wire/failures";
import { type FolderTree, nameOf } from "./folder-tree";
import type { ObjectTable } from "./object-table";
import type { ObjectRecord } from "./records";
import type { TypeRegistry, Value } from "./types";

const DAY = 24 * 60 * 60 * 1000;

export type GovernedAction = "delete" | "content" | "unlink" | "version" | "properties";

type Values = Readonly<Record<string, Value>>;

/** What keeps an object: a governed folder, or a policy. */
interface Retainer {
  id: string;
  days: number;
  /** A hold: it has no end. */
  doesNotAge: boolean;
}

/**
 * Retention as wire/documentum.md 20.5 asks a stand-in for. Filing under a folder of type `demo_governed_folder`, a
 * lifecycle state, an aspect, the site's extension or its job fills `i_retainer_id` and `i_retain_until`; from then on
 * the object cannot be deleted, overwritten, versioned or taken out. All of that is this site's add-on; there is no
 * retention endpoint in the core. Retainers stay when the date has passed: disposition is a job of the server's, not of REST.
 */
export class Governance {
  constructor(
    private readonly objects: ObjectTable,
    private readonly folders: FolderTree,
    private readonly types: TypeRegistry,
    private readonly switches: DocumentumSwitches,
    private readonly now: () => number,
  ) {}

  /** The retention attributes of an object that is filed in these folders, on top of what it already has. */
  onFiling(values: Values, folderIds: readonly string[]): Record<string, Value> {
    const folders = folderIds.flatMap((id) => this.folders.ancestors(id)).map((id) => this.objects.get(id));
    const governed = folders.filter((folder) => folder !== undefined && this.isGoverned(folder.type)) as ObjectRecord[];
    return this.retained(
      values,
      governed.map((folder) => retainerOf(folder, folder.values.retainer_id as string, 3650)),
    );
  }

  /** The retention attributes of an object under a policy, on top of what it already has. Throws 400 when there is no such policy. */
  underPolicy(values: Values, policy: string): Record<string, Value> {
    const record = this.policy(policy);
    if (record) return this.retained(values, [retainerOf(record, record.id, 0)]);
    throw badRequest(
      "The retention policy does not exist.",
      cause("DM_RETENTION_E_NO_POLICY", "There is no retention policy of that name."),
    );
  }

  /** The same for a job, which has nobody to tell when it fails: undefined then. */
  unlessItFails(values: Values, policy: string): Record<string, Value> | undefined {
    return this.fails(values) ? undefined : this.underPolicy(values, policy);
  }

  /** A policy of the site by its name. */
  policy(name: string): ObjectRecord | undefined {
    for (const id of this.objects.lookup("object_name", name)) {
      const record = this.objects.get(id);
      if (record?.type === "demo_retainer") return record;
    }
    return undefined;
  }

  /** True when a folder of this type is governed by itself. */
  isGoverned(type: string): boolean {
    return this.types.isA(type, "demo_governed_folder");
  }

  isRetained(record: ObjectRecord): boolean {
    return retainersIn(record.values).length > 0;
  }

  /** Throws when the object is retained and the action is one retention forbids. The status is a switch. */
  demandFree(record: ObjectRecord, action: GovernedAction): void {
    if (!this.isRetained(record)) return;
    if (action === "properties" && !this.switches.isOn("retained-properties-fixed")) return;
    if (action === "version" && !this.switches.isOn("retained-versions-refused")) return;
    throw refused(
      this.switches.number("retention-refusal-status"),
      "DM_SYSOBJECT_E_OBJECT_RETAINED",
      `The ${action === "properties" ? "attributes" : "object"} of sysobject named '${nameOf(record)}' cannot be changed or removed: it is under ${this.isHeld(record) ? "a retention hold" : "retention"}.`,
    );
  }

  /** True when one of the retainers has no end. */
  private isHeld(record: ObjectRecord): boolean {
    return retainersIn(record.values).some((id) => {
      const retainer = this.objects.get(id) ?? [...this.objects.lookup("retainer_id", id)].map((one) => this.objects.get(one))[0];
      return retainer?.values.does_not_age === true;
    });
  }

  private retained(values: Values, by: readonly Retainer[]): Record<string, Value> {
    const known = retainersIn(values);
    const added = by.filter(({ id }) => !known.includes(id));
    if (added.length === 0) return {};
    if (this.fails(values)) {
      if (this.switches.text("retention-failure-mode") === "silent") return {};
      throw refused(
        this.switches.number("retention-failure-status"),
        "DM_RETENTION_E_APPLY_FAILED",
        "The retention policy could not be applied.",
      );
    }
    const ends = added.filter(({ doesNotAge }) => !doesNotAge).map(({ days }) => dateText(this.now() + days * DAY));
    const until = [(values.i_retain_until as string | undefined) ?? "", ...ends].sort().at(-1);
    return { i_retainer_id: [...known, ...new Set(added.map(({ id }) => id))], ...(until ? { i_retain_until: until } : {}) };
  }

  /** The switch hits the same objects at every try: their names decide. */
  private fails(values: Values): boolean {
    const rate = this.switches.number("retention-failure-rate");
    if (rate <= 0) return false;
    const digest = createHash("sha256")
      .update(`${this.switches.text("retention-failure-seed")}\n${values.object_name ?? ""}`)
      .digest();
    return digest.readUInt32BE(0) / 2 ** 32 < rate;
  }
}

function retainersIn(values: Values): string[] {
  return (values.i_retainer_id as string[] | undefined) ?? [];
}

function retainerOf({ values }: ObjectRecord, id: string, initialDays: number): Retainer {
  const { retention_days: days, does_not_age: doesNotAge } = values;
  return { id, days: typeof days === "number" ? days : initialDays, doesNotAge: doesNotAge === true };
}
