/**
 * The independent judge: says from the sandbox's files alone what became of every composed output. It shares no code
 * with the product and takes nothing the product says for true; objects are matched by job, customer and channel, and
 * bytes are hashed anew.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { records, type StoredObject, storedInCms, storedInDocumentum } from "./sandbox-files.ts";

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

async function hashOf(path: string): Promise<string> {
  if (!existsSync(path)) return "missing";
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}

const identity = (job: unknown, customer: unknown, channel: unknown) => JSON.stringify([job, customer, channel]);

/** The bytes of every object of a target, by the identity of its output. */
function byOutput(objects: StoredObject[]): Map<string, string[]> {
  const archive = new Map<string, string[]>();
  for (const { values, path } of objects) {
    const key = identity(values.job_id, values.customer_number, values.channel);
    archive.set(key, [...(archive.get(key) ?? []), path]);
  }
  return archive;
}

function orphansIn(dataDir: string): number {
  const used = new Set([...records(dataDir, "cms", "content").values()].map(({ blob }) => blob));
  return [...records(dataDir, "css", "content").keys()].filter((blob) => !used.has(blob)).length;
}

/** Judges all outputs in a sandbox's data folder. */
export async function judge(dataDir: string): Promise<Verdict> {
  const outputs = [...records(dataDir, "exstream", "output").values()];
  const verdict: Verdict = { documents: outputs.length, lost: 0, duplicates: 0, altered: 0, orphans: orphansIn(dataDir) };
  for (const target of [storedInDocumentum(dataDir), storedInCms(dataDir)]) {
    const archive = byOutput(target);
    for (const output of outputs) {
      const paths = archive.get(identity(output.jobId, output.customerNumber, output.variant)) ?? [];
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
