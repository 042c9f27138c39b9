import { dateText } from "../wire/dates";
import { nameOf } from "./folder-tree";
import { type IdSource, NO_ID } from "./id-source";
import type { ObjectTable } from "./object-table";
import type { User } from "./permits";
import type { ObjectRecord } from "./records";
import type { TypeRegistry, Value } from "./types";
import type { VersionTrees } from "./version-trees";

/** Events that this stand-in can write into the trail. */
export const AUDIT_EVENTS = [
  "dm_save",
  "dm_destroy",
  "dm_checkout",
  "dm_unlock",
  "dm_checkin",
  "dm_branch",
  "dm_link",
  "dm_unlink",
  "dm_setfile",
  "dm_getfile",
  "dm_freeze",
  "dm_unfreeze",
  "dm_bp_attach",
  "dm_bp_detach",
  "dm_bp_promote",
  "dm_bp_demote",
  "dm_bp_suspend",
  "dm_bp_resume",
  "dm_startworkflow",
  "dm_abortworkflow",
  "dm_finishworkflow",
  "dm_acquiredworkitem",
  "dm_completedworkitem",
  "dm_delegatedworkitem",
] as const;

export type AuditEvent = (typeof AUDIT_EVENTS)[number];
/** All of them at once. */
export const ALL_EVENTS = "dm_all";

export type AuditScope = "repository" | "type" | "object";

/** The audit trail: what is registered for it, and what has been written (wire/documentum.md section 17). */
export class AuditTrail {
  /** Is anything registered at all? Asked for at every change. */
  private silent: boolean;

  constructor(
    private readonly objects: ObjectTable,
    private readonly types: TypeRegistry,
    private readonly versions: VersionTrees,
    private readonly ids: IdSource,
    private readonly now: () => number,
  ) {
    this.silent = objects.idsOf("dmi_registry").size === 0;
    objects.watch((before, after) => {
      if ((after ?? before)?.type === "dmi_registry") this.silent = objects.idsOf("dmi_registry").size === 0;
    });
  }

  /** Writes a trail if somebody wants it. `before` of a changed object: its values until then. */
  note(event: AuditEvent, user: User, record: ObjectRecord, before?: Readonly<Record<string, Value>>): void {
    if (this.silent || !this.isRegistered(event, record)) return;
    const at = dateText(this.now());
    const changed = before ? changesOf(before, record.values) : [];
    this.objects.put({
      id: this.ids.id("5f"),
      type: "dm_audittrail",
      values: {
        event_name: event,
        event_source: "System",
        user_name: user.name,
        audited_obj_id: record.id,
        chronicle_id: this.versions.chronicleOf(record),
        time_stamp: at,
        object_name: nameOf(record),
        object_type: record.type,
        version_label: this.versions.labelsOf(record)[0] ?? "",
        owner_name: String(record.values.owner_name ?? ""),
        event_description: DESCRIPTIONS[event] ?? event,
        ...(changed.length > 0 ? { attribute_list: JSON.stringify(changed) } : {}),
      },
    });
  }

  /** Registrations of a scope; of one type or object when it is named. */
  *registered(scope: AuditScope, target: string): Iterable<ObjectRecord> {
    for (const id of this.objects.idsOf("dmi_registry")) {
      const record = this.objects.get(id);
      if (record?.values.audit_scope === scope && (scope === "repository" || record.values.target === target)) yield record;
    }
  }

  private isRegistered(event: AuditEvent, record: ObjectRecord): boolean {
    for (const id of this.objects.idsOf("dmi_registry")) {
      const { audit_scope: scope, target, event: name } = this.objects.get(id)?.values ?? {};
      if (name !== event && name !== ALL_EVENTS) continue;
      if (scope === "repository") return true;
      if (scope === "type" && this.types.isA(record.type, String(target))) return true;
      if (scope === "object" && (target === record.id || target === this.versions.chronicleOf(record))) return true;
    }
    return false;
  }
}

interface AttributeChange {
  "attr-name": string;
  "value-pairs": { "old-value": string; "new-value": string }[];
}

/** What differs, without what the server keeps itself. */
function changesOf(before: Readonly<Record<string, Value>>, after: Readonly<Record<string, Value>>): AttributeChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter(
    (name) => !/^(?:i_vstamp|r_modif)/.test(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  return changed.sort().map((name) => {
    const [old, now] = [listOf(before[name]), listOf(after[name])];
    const length = Math.max(old.length, now.length);
    const pairs = Array.from({ length }, (_one, at) => ({ "old-value": old[at] ?? "", "new-value": now[at] ?? "" }));
    return { "attr-name": name, "value-pairs": pairs };
  });
}

function listOf(value: Value | undefined): string[] {
  if (value === undefined || value === null || value === NO_ID) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

const DESCRIPTIONS: Partial<Record<AuditEvent, string>> = {
  dm_save: "Save Object",
  dm_destroy: "Destroy Object",
  dm_checkout: "Checkout Object",
  dm_unlock: "Cancel Checkout of Object",
  dm_checkin: "Checkin Object",
  dm_branch: "Branch Object",
  dm_link: "Link To",
  dm_unlink: "Unlink From",
  dm_setfile: "Set File",
  dm_getfile: "Get File",
  dm_freeze: "Freeze Object",
  dm_unfreeze: "Unfreeze Object",
};
