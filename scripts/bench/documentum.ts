/**
 * What batches gain when many small documents go to Documentum: the same documents over the same connection, many in a
 * request and each in its own, against a sandbox that takes 20 ms for every request. Also runs by itself:
 * `node scripts/bench/documentum.ts [documents]`.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DocumentumClient, type NewDocument } from "../../dist/clients/documentum/documentum.js";
import { BatchedCreates } from "../../dist/documentum/documentum-archive/batched-creates.js";
import { storedInDocumentum } from "../support/sandbox-files.ts";
import { control, startSandboxProcess } from "../support/sandbox-process.ts";

const DOCUMENTS = 10_000;
const BYTES = 20_000;
const LATENCY_MS = 20;
const BATCH = 50;
/** Documents under way in the node at a time (*In parallel*); the connection's own limit is 8 requests. */
const IN_FLIGHT = 400;
const FILES = 200;

export async function benchDocumentum(work: string, documents = DOCUMENTS): Promise<void> {
  mkdirSync(work, { recursive: true });
  const dataDir = join(work, "sandbox");
  const sandbox = await startSandboxProcess(dataDir);
  const { contextUrl, repository, user, password } = sandbox.description.documentum;
  const client = new DocumentumClient({ contextUrl, repository, credentials: { kind: "basic", user, password } });
  try {
    const contents = Array.from({ length: FILES }, (_, at) => contentIn(work, at));
    await client.ensureFolder("/Statements/Bench");
    await control(sandbox.description, "PUT", "/faults", { rules: [{ kind: "latency", service: "documentum", ms: LATENCY_MS }] });
    const run = async (job: string, size: number): Promise<number> => {
      const creates = new BatchedCreates({ size, largest: 64 * 1024 });
      const signal = new AbortController().signal;
      const started = performance.now();
      await each(documents, IN_FLIGHT, (at) => creates.create(client, documentOf(job, at, contents[at % FILES] as Content), signal));
      return documents / ((performance.now() - started) / 1000);
    };
    await run("warm-up", BATCH);
    const batched = await run("batched", BATCH);
    const alone = await run("alone", 0);
    for (const job of ["batched", "alone"]) {
      const stored = storedInDocumentum(dataDir).filter(({ values }) => values.job_id === job).length;
      if (stored !== documents) throw new Error(`${job}: ${stored} of ${documents} documents are stored`);
    }
    console.log(
      `${documents} documents of ${BYTES / 1000} kB, ${LATENCY_MS} ms a request: batches of ${BATCH} are ${(batched / alone).toFixed(1)} times as fast as one by one (${batched.toFixed(0)} and ${alone.toFixed(0)} documents/s)`,
    );
  } finally {
    client.close();
    await sandbox.stop();
  }
}

type Content = NewDocument["content"];

function contentIn(work: string, at: number): Content {
  const bytes = randomBytes(BYTES);
  const path = join(work, `${at}.pdf`);
  writeFileSync(path, bytes);
  return { path, size: BYTES, sha256: createHash("sha256").update(bytes).digest("hex"), mediaType: "application/pdf" };
}

function documentOf(job: string, at: number, content: Content): NewDocument {
  const docbridge_key = createHash("sha256").update(`${job} ${at}`).digest("hex");
  const properties = { object_name: `statement-${at}.pdf`, customer_number: String(at), job_id: job, docbridge_key };
  return { folder: "/Statements/Bench", type: "demo_statement", properties, content };
}

/** Does it for 0 to count - 1, so many at a time. */
async function each(count: number, atOnce: number, work: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

if (process.argv[1] === import.meta.filename) {
  const work = mkdtempSync(join(tmpdir(), "docbridge-bench-"));
  try {
    await benchDocumentum(work, Number(process.argv[2] ?? DOCUMENTS));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
