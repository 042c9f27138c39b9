import { randomUUID } from "node:crypto";
import type { Collection, Store } from "../kernel/store";
import type { Definitions } from "./definitions";
import type { HistoryRow, Instance } from "./model";

/** What the audit trail calls things: the vendor's vocabulary is [UNKNOWN], so these names are ours. */
export type Action =
  | "create"
  | "update"
  | "delete"
  | "soft_delete"
  | "restore"
  | "create_version"
  | "copy"
  | "move"
  | "link"
  | "unlink"
  | "lock"
  | "unlock"
  | "change_acl"
  | "add_content"
  | "delete_content";

/** The audit trail of instances (wire/css.md section 9). It outlives what it tells of. */
export class History {
  private readonly rows: Collection<HistoryRow>;
  private readonly byInstance = new Map<string, HistoryRow[]>();

  constructor(
    store: Store,
    private readonly definitions: Definitions,
    private readonly now: () => string,
  ) {
    this.rows = store.collection("history");
    for (const row of this.rows.values()) this.remember(row);
  }

  /** Notes an action, unless the type says that it is not audited. */
  note(instance: Instance, action: Action, user: string, value: unknown = {}): void {
    if (this.definitions.types.get(instance.type)?.non_auditable_actions.includes(action)) return;
    const row: HistoryRow = {
      id: randomUUID(),
      object: instance.id,
      action_name: action,
      object_category: instance.category,
      event_source: "cms",
      event_user: user,
      event_status: "success",
      create_time: this.now(),
      update_time: this.now(),
      payload: { type: instance.type, value },
    };
    this.remember(this.rows.put(row.id, row));
  }

  of(instanceId: string): HistoryRow[] {
    return this.byInstance.get(instanceId) ?? [];
  }

  private remember(row: HistoryRow): void {
    const rows = this.byInstance.get(row.object);
    if (rows) rows.push(row);
    else this.byInstance.set(row.object, [row]);
  }
}
