import { createHash } from "node:crypto";
import type { RunAsset, RunAssets } from "../runs";
import { appendAudit } from "./audit";
import type { Context, Reading } from "./operations";

/** As it stands in `meta`; `assets` is text, because its hash is in the audit log. */
interface Stored {
  at: string;
  /** Number of the entry of the audit log that has the hash of `assets`. */
  entry: number;
  assets: string;
}

function keyOf(batch: string): string {
  return `run-assets|${batch}`;
}

/**
 * Adds to what a batch has: a version that is there stays as it was entered first. The list stands apart from the audit log,
 * which has its hash, so that the log stays short. Returns how many are new.
 */
export function keepRunAssets(context: Context, batch: string, assets: RunAsset[], by: { who: string; why: string }): number {
  const { db, now } = context;
  const stored = read(context, batch);
  const kept = new Map((stored ? (JSON.parse(stored.assets) as RunAsset[]) : []).map((asset) => [identityOf(asset), asset]));
  const before = kept.size;
  for (const asset of assets) if (!kept.has(identityOf(asset))) kept.set(identityOf(asset), asset);
  if (stored && kept.size === before) return 0;
  const text = JSON.stringify([...kept.values()].sort(byName));
  appendAudit(context, { ...by, action: "run-assets", data: { batch, assets: kept.size, sha256: sha256(text) } });
  const entry = db.one("SELECT max(seq) AS seq FROM audit")?.seq as number;
  const value: Stored = { at: new Date(now).toISOString(), entry, assets: text };
  db.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", keyOf(batch), JSON.stringify(value));
  return kept.size - before;
}

export function runAssets(reading: Reading, batch: string): RunAssets | undefined {
  const stored = read(reading, batch);
  if (!stored) return undefined;
  const entry = reading.db.one("SELECT data FROM audit WHERE seq = ? AND action = 'run-assets'", stored.entry);
  const told = entry ? (JSON.parse(entry.data as string) as { batch?: string; sha256?: string }) : {};
  const isIntact = told.batch === batch && told.sha256 === sha256(stored.assets);
  return { batch, at: stored.at, assets: JSON.parse(stored.assets) as RunAsset[], isIntact };
}

function read({ db }: Reading, batch: string): Stored | undefined {
  const row = db.one("SELECT value FROM meta WHERE name = ?", keyOf(batch));
  return row && (JSON.parse(row.value as string) as Stored);
}

function identityOf({ id, version }: RunAsset): string {
  return `${id}@${version}`;
}

function byName(one: RunAsset, other: RunAsset): number {
  return one.name.localeCompare(other.name, "en") || one.id.localeCompare(other.id) || one.version - other.version;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
