/**
 * The independent judge: says from the sandbox's files alone what became of every composed output. It shares no code
 * with the product and takes nothing the product says for true; objects are matched by job, customer and channel, and
 * bytes are hashed anew.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

export interface Verdict {
  /** Outputs that Exstream composed. */
  documents: number;
  /** Outputs without an object, counted by target. */
  lost: number;
  /** Objects beyond the first for an output, over both targets. */
  duplicates: number;
  /** Objects whose bytes are not those of their output. */
  altered: number;
  /** Blobs in CSS that no CMS object points to: uploads whose reply was lost. */
  orphans: number;
}

type Fields = Record<string, unknown>;
const text = (value: unknown) => (typeof value === "string" ? value : "");

/** The live records of a service, by kind: `put` replaces, `del` removes. */
async function replay(dataDir: string, service: string): Promise<Map<string, Map<string, Fields>>> {
  const kinds = new Map<string, Map<string, Fields>>();
  const path = join(dataDir, `${service}.jsonl`);
  if (!existsSync(path)) return kinds;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line === "") continue;
    const { op, kind, id, value } = JSON.parse(line);
    const records = kinds.get(kind) ?? new Map<string, Fields>();
    kinds.set(kind, records);
    if (op === "put") records.set(id, value);
    else records.delete(id);
  }
  return kinds;
}

async function hashOf(path: string): Promise<string> {
  if (!existsSync(path)) return "missing";
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}

const identity = (job: unknown, customer: unknown, channel: unknown) => JSON.stringify([job, customer, channel]);

/** Where the bytes of every archived object lie, by the identity of its output. */
type Archive = Map<string, string[]>;

function add(archive: Archive, key: string, path: string): void {
  archive.set(key, [...(archive.get(key) ?? []), path]);
}

async function documentum(dataDir: string): Promise<Archive> {
  const archive: Archive = new Map();
  for (const { type, values, contents } of ((await replay(dataDir, "documentum")).get("objects") ?? new Map()).values()) {
    if (type !== "demo_statement") continue;
    const content = (contents as { id: string }[] | undefined)?.[0]?.id ?? "none";
    add(archive, identity(values.job_id, values.customer_number, values.channel), join(dataDir, "documentum", content));
  }
  return archive;
}

async function css(dataDir: string): Promise<{ archive: Archive; orphans: number }> {
  const archive: Archive = new Map();
  const kinds = await replay(dataDir, "cms");
  const contents = [...(kinds.get("content") ?? new Map<string, Fields>()).values()];
  const used = new Set(contents.map((content) => text(content.blob)));
  for (const [id, instance] of kinds.get("instance") ?? []) {
    if (instance.type !== "def_statement") continue;
    const properties = instance.properties as Fields;
    const blob = contents.find((content) => content.owner_id === id)?.blob ?? "none";
    add(archive, identity(properties.job_id, properties.customer_number, properties.channel), join(dataDir, "css", text(blob)));
  }
  const blobs = [...((await replay(dataDir, "css")).get("content") ?? new Map()).keys()];
  return { archive, orphans: blobs.filter((blob) => !used.has(blob)).length };
}

/** Judges all outputs in a sandbox's data folder. */
export async function judge(dataDir: string): Promise<Verdict> {
  const outputs = [...((await replay(dataDir, "exstream")).get("output") ?? new Map<string, Fields>()).values()];
  const { archive, orphans } = await css(dataDir);
  const verdict: Verdict = { documents: outputs.length, lost: 0, duplicates: 0, altered: 0, orphans };
  for (const target of [await documentum(dataDir), archive]) {
    for (const output of outputs) {
      const paths = target.get(identity(output.jobId, output.customerNumber, output.variant)) ?? [];
      if (paths.length === 0) verdict.lost += 1;
      verdict.duplicates += Math.max(0, paths.length - 1);
      for (const path of paths) if ((await hashOf(path)) !== output.sha256) verdict.altered += 1;
    }
  }
  return verdict;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const dataDir = process.argv[2];
  if (!dataDir) {
    console.error("usage: node scripts/support/judge.ts <data folder of the sandbox>");
    process.exit(2);
  }
  console.log(JSON.stringify(await judge(dataDir)));
}
