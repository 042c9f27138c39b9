import type { DocumentumSwitches } from "../switches";
import { dateText } from "../wire/dates";
import { refused } from "../wire/failures";
import { type FolderTree, nameOf } from "./folder-tree";
import type { ObjectTable } from "./object-table";
import type { ObjectRecord } from "./records";
import type { TypeRegistry, Value } from "./types";

const DAY = 24 * 60 * 60 * 1000;

export type GovernedAction = "delete" | "content" | "unlink" | "properties";

/**
 * Retention as wire/documentum.md 20.5 asks a stand-in for: filing under a folder of type `demo_governed_folder` fills
 * `i_retainer_id` and `i_retain_until`, and from then on the object cannot be deleted, overwritten or taken out.
 * The folder type is this site's add-on; there is no retention endpoint. Retainers stay when the date has passed:
 * disposition is a job of the server's, not of REST.
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
  onFiling(values: Readonly<Record<string, Value>>, folderIds: readonly string[]): Record<string, Value> {
    const governed = folderIds.flatMap((id) => this.folders.ancestors(id)).map((id) => this.objects.get(id));
    const retainers = new Set((values.i_retainer_id as string[] | undefined) ?? []);
    let until = (values.i_retain_until as string | undefined) ?? "";
    let added = false;
    for (const folder of governed) {
      if (folder?.type !== "demo_governed_folder") continue;
      const retainer = folder.values.retainer_id as string;
      if (retainers.has(retainer)) continue;
      retainers.add(retainer);
      added = true;
      const end = dateText(this.now() + this.daysOf(folder) * DAY);
      if (end > until) until = end;
    }
    return added ? { i_retainer_id: [...retainers], i_retain_until: until } : {};
  }

  /** True when a folder of this type is governed by itself. */
  isGoverned(type: string): boolean {
    return this.types.isA(type, "demo_governed_folder");
  }

  /** Throws when the object is retained and the action is one retention forbids. The status is a switch. */
  demandFree(record: ObjectRecord, action: GovernedAction): void {
    if (((record.values.i_retainer_id as string[] | undefined) ?? []).length === 0) return;
    if (action === "properties" && !this.switches.isOn("retained-properties-fixed")) return;
    throw refused(
      this.switches.number("retention-refusal-status"),
      "DM_SYSOBJECT_E_OBJECT_RETAINED",
      `The ${action === "properties" ? "attributes" : "object"} of sysobject named '${nameOf(record)}' cannot be changed or removed: it is under retention.`,
    );
  }

  private daysOf(folder: ObjectRecord): number {
    const days = folder.values.retention_days;
    return typeof days === "number" ? days : 3650;
  }
}
