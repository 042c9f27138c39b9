/**
 * `npm run bench`: what our own parts cost, each measured beside what one would use otherwise, in one run. Figures are
 * ratios of medians, and of routing, the operator console and the start of Node-RED the times themselves; seconds depend on the machine.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import axios from "axios";
import FormData from "form-data";
import { CssClient } from "../dist/clients/css/css.js";
import { ContentReference } from "../dist/core/content/reference.js";
import { Spool } from "../dist/core/content/spool.js";
import { SqliteLedger } from "../dist/core/ledger/sqlite/sqlite-ledger.js";
import { compare } from "./bench/compare.ts";
import { benchCompose } from "./bench/compose.ts";
import { benchConsole } from "./bench/console.ts";
import { benchDocumentum } from "./bench/documentum.ts";
import { benchRouting } from "./bench/routing.ts";
import { benchStartup } from "./bench/startup.ts";
import { startSandboxProcess } from "./support/sandbox-process.ts";

const work = mkdtempSync(join(tmpdir(), "docbridge-bench-"));
const sandbox = await startSandboxProcess(join(work, "sandbox"));
try {
  for (const [size, count] of [
    [50_000, 40],
    [1_000_000, 20],
    [20_000_000, 2],
  ] as const) {
    await uploads(size, count);
  }
  await admissions(256);
  await benchCompose(join(work, "compose"), sandbox.description);
  await benchConsole(join(work, "console"));
  await benchRouting();
  await benchDocumentum(join(work, "documentum"));
  await benchStartup(join(work, "startup"));
} finally {
  await sandbox.stop();
  rmSync(work, { recursive: true, force: true });
}

/** The upload of css-store (from the spool, hashed on the way) beside axios with form-data. */
async function uploads(size: number, count: number): Promise<void> {
  const { otds, css } = sandbox.description;
  const { tokenUrl, clientId, clientSecret } = otds;
  const credentials = {
    kind: "oauth2",
    tokenUrl,
    clientId,
    clientSecret,
    grant: "client_credentials",
    bodyFormat: "form",
    clientAuth: "body",
  } as const;
  const spool = await Spool.open({ dir: join(work, `spool-${size}`), maxBytes: 1024 ** 3 });
  const kept = await spool.put(Readable.from([randomBytes(size)]));
  const content = new ContentReference({ ...kept, mediaType: "application/pdf", fileName: "a.pdf" }, spool);
  const client = new CssClient({ baseUrl: css.baseUrl, apiVersion: "v2", tenant: css.tenant, credentials });
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret });
  const token = (await axios.post(tokenUrl, form)).data.access_token as string;
  const plain = async () => {
    const body = new FormData();
    body.append("file", await content.open(), { filename: "a.pdf", contentType: "application/pdf", knownLength: size });
    const headers = { ...body.getHeaders(), Authorization: `Bearer ${token}` };
    await axios.post(`${css.baseUrl}/v2/tenant/${css.tenant}/content`, body, { headers, maxBodyLength: Number.POSITIVE_INFINITY });
  };
  const times = (each: () => Promise<unknown>) => async () => {
    for (let done = 0; done < count; done += 1) await each();
  };
  await compare(`upload of ${size / 1000} kB`, [
    { name: "css-store's upload", run: times(() => client.upload(content)) },
    { name: "axios and form-data", run: times(plain) },
  ]);
  client.close();
}

/** Documents entered at once share a commit; beside it, one after the other. Both are on disk when they return. */
async function admissions(count: number): Promise<void> {
  const policy = { maxAttempts: 3, backoffMs: 1000, backoffMaxMs: 1000 };
  const ledger = await SqliteLedger.open({ dir: join(work, "ledger"), policy, leaseMs: 15_000 });
  const admit = () => {
    const key = createHash("sha256").update(randomUUID()).digest("hex");
    return ledger.admit({
      key,
      origin: "bench",
      source: { system: "exstream", channel: "http" },
      content: { sha256: key, size: 1, mediaType: "application/pdf", fileName: "a.pdf" },
      metadata: {},
      variant: { role: "pdf" },
      targets: ["documentum", "css"],
      doneWhen: "receipts",
    });
  };
  await compare(`${count} admissions to the ledger`, [
    {
      name: "64 at a time",
      run: async () => {
        for (let done = 0; done < count; done += 64) await Promise.all(Array.from({ length: 64 }, admit));
      },
    },
    {
      name: "one by one",
      run: async () => {
        for (let done = 0; done < count; done += 1) await admit();
      },
    },
  ]);
  await ledger.close();
}
