import type { LedgerBookmarks } from "../bookmarks";
import type { Context } from "./operations";
import type { Asking } from "./sqlite-routing";

const LAST = "\u{10ffff}";

/** Bookmarks stand in `meta`, apart from its other names. */
function keyOf(owner: string, name: string): string {
  return `bookmark|${owner}|${name}`;
}

export function bookmark({ db }: Context, owner: string, name: string): unknown {
  const row = db.one("SELECT value FROM meta WHERE name = ?", keyOf(owner, name));
  return row && JSON.parse(row.value as string);
}

export function setBookmark({ db }: Context, owner: string, name: string, value: unknown): void {
  if (value === undefined) db.run("DELETE FROM meta WHERE name = ?", keyOf(owner, name));
  else db.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", keyOf(owner, name), JSON.stringify(value));
}

export function swapBookmark(context: Context, owner: string, name: string, read: unknown, value: unknown): boolean {
  const row = context.db.one("SELECT value FROM meta WHERE name = ?", keyOf(owner, name));
  if (row?.value !== (read === undefined ? undefined : JSON.stringify(read))) return false;
  setBookmark(context, owner, name, value);
  return true;
}

export function bookmarks({ db }: Context, owner: string, prefix: string): { name: string; value: unknown }[] {
  const first = keyOf(owner, prefix);
  return db
    .all("SELECT name, value FROM meta WHERE name >= ? AND name < ? ORDER BY name", first, first + LAST)
    .map((row) => ({ name: (row.name as string).slice(keyOf(owner, "").length), value: JSON.parse(row.value as string) }));
}

/** The bookmarks of the embedded ledger. */
export class SqliteBookmarks implements LedgerBookmarks {
  constructor(private readonly ledger: Asking) {}

  get<T>(owner: string, name: string): Promise<T | undefined> {
    return this.ledger.ask("bookmark", owner, name);
  }
  set(owner: string, name: string, value: unknown): Promise<void> {
    return this.ledger.ask("setBookmark", owner, name, value);
  }
  swap(owner: string, name: string, read: unknown, value: unknown): Promise<boolean> {
    return this.ledger.ask("swapBookmark", owner, name, read, value);
  }
  list<T>(owner: string, prefix: string): Promise<{ name: string; value: T }[]> {
    return this.ledger.ask("bookmarks", owner, prefix);
  }
}
