import { createHash, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SCHEMA } from "../../dist/core/ledger/sqlite/schema.js";

/** Days over which the documents came in. */
export const DAYS = 90;
const DAY_MS = 86_400_000;
const DOCUMENTS_PER_JOB = 5000;

/** Every 100 documents: 95 closed, 2 quarantined, 1 conflict, 1 in its flow's middle, 1 waiting. */
const stateOf = (number: number) => ["quarantined", "quarantined", "conflict", "archiving", "received"][number % 100] ?? "closed";
const CODES = ["unknown-attribute", "value-too-long", "refused", "permission-denied", "service-unavailable", "timeout"];

/**
 * A ledger of schema 1 as some months of production leave it, written straight into the file. The seventh part of
 * the documents belongs to one job, and every 49th to one customer; other customers have five each.
 */
export function makeManyDocuments(dir: string, count: number): void {
  mkdirSync(dir, { recursive: true });
  const db = new DatabaseSync(join(dir, "ledger.sqlite"));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000");
  db.exec(SCHEMA);
  const document = db.prepare(
    `INSERT INTO documents (id, key, source_key, business_key, origin, batch_id, sha256, facts, targets, done_when, state, attempt,
       next_at, error_code, error_message, created_at, updated_at, closed_at)
       VALUES (?, ?, ?, ?, 'bench', ?, ?, ?, '["documentum","css"]', 'receipts', ?, 1, ?, ?, ?, ?, ?, ?)`,
  );
  const receipt = db.prepare("INSERT INTO receipts (document_id, target, verified, data) VALUES (?, ?, 1, ?)");
  const begin = Date.now() - DAYS * DAY_MS;
  db.exec("BEGIN");
  for (let number = 0; number < count; number += 1) {
    const id = randomUUID();
    const key = createHash("sha256").update(`key ${number}`).digest("hex");
    const job = jobOf(number);
    const state = stateOf(number);
    const failed = state === "quarantined" || state === "conflict";
    const code = state === "conflict" ? "conflict" : CODES[Math.floor(number / 100) % CODES.length];
    const at = Math.round(begin + (number / count) * DAYS * DAY_MS);
    document.run(
      id,
      key,
      `delivery-${number}`,
      `account-${number}/2026-01/invoice`,
      job,
      key,
      JSON.stringify(factsOf(number, job, key)),
      state,
      at,
      failed ? (code as string) : null,
      failed ? `The target did not take document ${number % 10}` : null,
      at,
      at + 5000,
      failed || state === "closed" ? at + 5000 : null,
    );
    if (state === "closed") {
      for (const target of ["documentum", "css"]) receipt.run(id, target, JSON.stringify({ objectId: key, verified: "read-back" }));
    }
  }
  db.exec(
    "INSERT INTO batches (id, expected, opened_at, closed_at) SELECT batch_id, NULL, min(created_at), NULL FROM documents GROUP BY batch_id; COMMIT",
  );
  db.close();
}

export const BIG_JOB = "job-monthly";
export const BIG_CUSTOMER = "customer-big";
const jobOf = (number: number) => (number % 7 === 3 ? BIG_JOB : `job-${Math.floor(number / DOCUMENTS_PER_JOB)}`);

function factsOf(number: number, job: string, sha256: string) {
  const customerNumber = number % 49 === 7 ? BIG_CUSTOMER : `customer-${Math.floor(number / 5)}`;
  return {
    batch: { id: job, seq: number },
    source: { system: "exstream", channel: "http", jobId: job, queueName: "output", customerNumber, communicationId: "invoice" },
    content: { sha256, size: 50_000 + number, mediaType: "application/pdf", fileName: `invoice-${number}.pdf` },
    metadata: {
      customerNumber,
      accountNumber: `account-${number}`,
      documentType: ["invoice", "contract", "reminder"][number % 3],
      brand: number % 2 ? "north" : "south",
      language: "de",
      amount: number % 1000,
      periodFrom: "2026-01-01",
      periodUntil: "2026-01-31",
      channel: "print",
      address: "1 Example Street, 12345 Example Town",
    },
    variant: { role: "pdf" },
  };
}
