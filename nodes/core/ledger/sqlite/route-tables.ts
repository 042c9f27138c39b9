import { DocbridgeError } from "../../errors";
import type { RouteTable } from "../../routing/table";
import type { RouteTableDraft, RouteTableVersion } from "../routing";
import { appendAudit } from "./audit";
import type { Row } from "./database";
import type { Context } from "./operations";

export function tableNames({ db }: Context): string[] {
  return db.all("SELECT name FROM route_tables UNION SELECT name FROM route_drafts ORDER BY name").map((row) => row.name as string);
}

/** The version in force of every table, by its name. */
export function activeVersions({ db }: Context): Record<string, number> {
  const rows = db.all("SELECT name, max(version) AS version FROM route_tables GROUP BY name");
  return Object.fromEntries(rows.map((row) => [row.name, row.version as number]));
}

export function activeTable({ db }: Context, table: string): RouteTableVersion | undefined {
  const row = db.one("SELECT * FROM route_tables WHERE name = ? ORDER BY version DESC LIMIT 1", table);
  return row && toVersion(row);
}

export function tableVersion({ db }: Context, table: string, version: number): RouteTableVersion | undefined {
  const row = db.one("SELECT * FROM route_tables WHERE name = ? AND version = ?", table, version);
  return row && toVersion(row);
}

export function tableVersions({ db }: Context, table: string, limit: number, before = Number.MAX_SAFE_INTEGER): RouteTableVersion[] {
  const rows = db.all("SELECT * FROM route_tables WHERE name = ? AND version < ? ORDER BY version DESC LIMIT ?", table, before, limit);
  return rows.map(toVersion);
}

export function tableDraft({ db }: Context, table: string): RouteTableDraft | undefined {
  const row = db.one("SELECT * FROM route_drafts WHERE name = ?", table);
  return (
    row && {
      table,
      content: JSON.parse(row.content as string) as RouteTable,
      revision: row.revision as number,
      basedOn: row.based_on as number,
      author: row.author as string,
      updatedAt: row.updated_at as number,
    }
  );
}

export function saveDraft(context: Context, table: string, content: RouteTable, revision: number, author: string): RouteTableDraft {
  const { db, now } = context;
  const known = requireRevision(context, table, revision);
  db.run(
    "INSERT OR REPLACE INTO route_drafts (name, content, revision, based_on, author, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
    table,
    JSON.stringify(content),
    nextRevision(context),
    known?.basedOn ?? activeTable(context, table)?.version ?? 0,
    author,
    now,
  );
  return tableDraft(context, table) as RouteTableDraft;
}

export function discardDraft(context: Context, table: string, revision: number, who: string): void {
  requireRevision(context, table, revision);
  context.db.run("DELETE FROM route_drafts WHERE name = ?", table);
  appendAudit(context, { who, action: "discard-draft", why: "", data: { table, revision } });
}

export function activateTable(
  context: Context,
  table: string,
  content: RouteTable,
  expectedVersion: number,
  { author, note }: { author: string; note: string },
): RouteTableVersion {
  const { db, now } = context;
  const active = activeTable(context, table);
  if ((active?.version ?? 0) !== expectedVersion) {
    throw changedMeanwhile(table, `Version ${active?.version ?? 0}, by ${active?.author ?? "nobody"}, is in force by now.`);
  }
  const version = expectedVersion + 1;
  const text = JSON.stringify(content);
  db.run(
    "INSERT INTO route_tables (name, version, content, author, note, activated_at) VALUES (?, ?, ?, ?, ?, ?)",
    table,
    version,
    text,
    author,
    note,
    now,
  );
  // Another person's draft is not what was put in force, and stays.
  db.run("DELETE FROM route_drafts WHERE name = ? AND content = ?", table, text);
  appendAudit(context, { who: author, action: "activate-table", why: note, data: { table, version } });
  return { table, version, content, author, note, activatedAt: now };
}

function requireRevision(context: Context, table: string, revision: number): RouteTableDraft | undefined {
  const known = tableDraft(context, table);
  if ((known?.revision ?? 0) === revision) return known;
  throw changedMeanwhile(table, known ? `${known.author} saved a draft.` : "The draft was activated or discarded.");
}

/** Never the same number twice, also after a draft was discarded: an old page must not overwrite a new draft. */
function nextRevision({ db }: Context): number {
  db.run(
    "INSERT INTO meta (name, value) VALUES ('draft-revision', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
  );
  return Number(db.one("SELECT value FROM meta WHERE name = 'draft-revision'")?.value);
}

function changedMeanwhile(table: string, what: string): DocbridgeError {
  return new DocbridgeError("changed-meanwhile", {
    message: `The route table '${table}' was changed meanwhile. ${what} Look at that change first, then decide anew.`,
    subject: table,
  });
}

function toVersion(row: Row): RouteTableVersion {
  return {
    table: row.name as string,
    version: row.version as number,
    content: JSON.parse(row.content as string) as RouteTable,
    author: row.author as string,
    note: row.note as string,
    activatedAt: row.activated_at as number,
  };
}
