import type { Collection } from "../../kernel/store";
import { dateText } from "../wire/dates";
import type { IdSource } from "./id-source";
import type { LockRecord, ObjectRecord } from "./records";

/** Who has checked out what. */
export class Locks {
  constructor(
    private readonly records: Collection<LockRecord & { id: string }>,
    private readonly serials: IdSource,
    private readonly now: () => number,
  ) {}

  of(record: ObjectRecord): LockRecord | undefined {
    return this.records.get(record.id);
  }

  take(id: string, owner: string): void {
    this.records.put(id, { id, owner, date: dateText(this.now()), serial: this.serials.serial() });
  }

  release(id: string): void {
    this.records.delete(id);
  }

  /** Ids of all locked objects. */
  ids(): string[] {
    return [...this.records.values()].map(({ id }) => id);
  }
}
