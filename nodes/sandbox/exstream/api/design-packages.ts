import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { STATUS_CODES } from "node:http";
import { type Exchange, readAll } from "../../kernel/exchange";
import { EXPORT_VERSIONS, type ExportVersions, exportEntries } from "../design/export";
import { POLICIES, type Policy, planImport, readPackage } from "../design/import";
import { unzip, ZipError } from "../design/unzip";
import { zipOf } from "../zip";
import { DESIGN, resourceOf } from "./design";
import { asAttachment, type Desk, httpStatus, jsonOf, offer, Refusal, readParts, sendData } from "./desk";

/** Largest package that is taken, in bytes (ours). */
const PACKAGE_LIMIT = 64 * 1024 * 1024;
/** `errorCode` of an import conflict (wire/exstream.md 7). */
const IMPORT_CONFLICT = 309016;

/** Store kind `import`: one import that was tried, as `GET /import/logs` lists it. */
interface ImportRecord {
  importId: string;
  createdBy: string;
  createdDate: string;
  lastModifiedBy: string;
  lastModifiedDate: string;
  fileName: string;
  domain: string;
  status: "SUCCESS" | "FAILURE";
  error?: string;
  exportPackageId: string;
}

/** Store kind `package`: a package that was uploaded, so that `previousExportPackage` can name it; its bytes lie in the content file of the id. */
interface PackageRecord {
  fileName: string;
}

/**
 * Export and import of packages (wire/exstream.md 10.6). Only a real import, `commit=true`, changes anything or is logged. How a
 * caller names a policy is not public: here by a part `policies` with `{"generalPolicy": ...}`, ERROR without one.
 */
export function offerPackages(desk: Desk): void {
  offer(desk, "GET", `${DESIGN}/export/:domain/:id`, (exchange, { user }) =>
    sendExport(desk, exchange, exchange.query.get("versions") ?? EXPORT_VERSIONS[0], user),
  );
  offer(desk, "POST", `${DESIGN}/export/:domain/:id`, async (exchange, { user }) => {
    const { versions } = ((await jsonOf(exchange)) ?? {}) as { versions?: string };
    await sendExport(desk, exchange, versions ?? exchange.query.get("versions") ?? EXPORT_VERSIONS[0], user);
  });
  const imports = desk.records.store.collection<ImportRecord>("import");
  const packages = desk.records.store.collection<PackageRecord>("package");
  offer(desk, "GET", `${DESIGN}/import/logs`, (exchange) => sendData(exchange, [...imports.values()]));
  offer(desk, "POST", `${DESIGN}/import/das/:domain`, async (exchange, { user }) => {
    const { id, policy } = await uploadOf(desk, exchange, (packageId, record) => packages.put(packageId, record));
    const { fileName } = packages.get(id) as PackageRecord;
    const plan = planImport(desk.library, await packageOf(desk, id), policy, user);
    const commit = exchange.query.get("commit") === "true";
    const blocked = commit && plan.conflicts > 0;
    if (commit && !blocked) await plan.commit();
    if (commit) {
      const at = new Date(desk.app.now()).toISOString();
      const status = blocked ? "FAILURE" : "SUCCESS";
      const error = blocked ? `${plan.conflicts} resources are there already in another form` : undefined;
      const who = { createdBy: user, createdDate: at, lastModifiedBy: user, lastModifiedDate: at };
      const importId = randomUUID();
      imports.put(importId, { importId, ...who, fileName, domain: exchange.param("domain"), status, error, exportPackageId: id });
    }
    if (blocked) sendConflict(desk, exchange, plan.conflicts);
    else sendData(exchange, { ...plan.reply, exportPackageUUID: id });
  });
}

async function sendExport(desk: Desk, exchange: Exchange, versions: string, user: string): Promise<void> {
  if (!EXPORT_VERSIONS.includes(versions as ExportVersions))
    throw new Refusal(400, `versions must be one of ${EXPORT_VERSIONS.join(", ")}`);
  const root = resourceOf(desk, exchange);
  const entries = exportEntries(desk.library, root, versions as ExportVersions, user, new Date(desk.app.now()).toISOString());
  await exchange.stream(zipOf(entries), asAttachment("application/zip", `export-${root.id}.zip`));
}

/** Stores the part `exportPackage`, or finds the package that `previousExportPackage` names, and reads the policy. */
async function uploadOf(
  desk: Desk,
  exchange: Exchange,
  enter: (id: string, record: PackageRecord) => void,
): Promise<{ id: string; policy: Policy }> {
  const { store } = desk.records;
  let id = exchange.query.get("previousExportPackage") ?? "";
  if (id && !store.collection("package").has(id)) throw new Refusal(404, `there is no package '${id}'`);
  let policies = "{}";
  if (exchange.mediaType === "multipart/form-data") {
    await readParts(exchange, async ({ name, fileName, body }) => {
      if (name === "exportPackage" && !id) {
        const uploaded = randomUUID();
        await store.writeContent(uploaded, limited(body));
        enter(uploaded, { fileName });
        id = uploaded;
      } else if (name === "policies") policies = (await readAll(body, PACKAGE_LIMIT)).toString("utf8");
      else body.resume();
    });
  }
  if (!id) throw new Refusal(400, "the body has no part 'exportPackage'");
  return { id, policy: policyOf(policies) };
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > PACKAGE_LIMIT) throw new Refusal(413, `a package may have up to ${PACKAGE_LIMIT} bytes`);
    yield chunk;
  }
}

function policyOf(text: string): Policy {
  let policy: unknown;
  try {
    policy = JSON.parse(text).generalPolicy ?? "ERROR";
  } catch {
    throw new Refusal(400, "the part 'policies' is not JSON");
  }
  if (POLICIES.includes(policy as Policy)) return policy as Policy;
  throw new Refusal(400, `generalPolicy must be one of ${POLICIES.join(", ")}`);
}

async function packageOf(desk: Desk, id: string) {
  try {
    return readPackage(unzip(await readFile(desk.records.store.contentPath(id))));
  } catch (error) {
    throw error instanceof ZipError ? new Refusal(400, error.message) : error;
  }
}

/** Error shape 1 with the vendor's code for it. */
function sendConflict(desk: Desk, exchange: Exchange, conflicts: number): void {
  const message = STATUS_CODES[409];
  const details = `${conflicts} resources are there already in another form; choose another policy`;
  const body = {
    timestamp: desk.app.now(),
    status: 409,
    message,
    error: message,
    details,
    errorCode: IMPORT_CONFLICT,
    path: exchange.path,
  };
  exchange.json(httpStatus(desk.app, 409), body);
}
