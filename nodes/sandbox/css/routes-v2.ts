import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import type { ContentRecord, ContentStore } from "./content-store";
import { sendBytes } from "./download";
import { type CssHandler, notFound, Problem } from "./problem";
import { checkTenant, takeUpload } from "./upload";

type Add = (method: string, path: string, handler: CssHandler) => void;

/** S1 to S4, S6 and S12 of wire/css.md section 13, under one mount point. */
export function addV2Routes(app: SandboxApp, contents: ContentStore, add: Add, mount: string): void {
  const linkBase = (): string => `${app.origin}${mount}`;
  const upload: CssHandler = async (exchange, principal) => {
    const records = await takeUpload(exchange, contents, "v2", principal);
    exchange.json(201, envelope(contents, records, linkBase()));
  };
  add("POST", `${mount}/v2/content`, upload);
  add("POST", `${mount}/v2/tenant/:tenant/content`, (exchange, principal) => {
    checkTenant(exchange.param("tenant"), principal);
    return upload(exchange, principal);
  });
  add("POST", `${mount}/v2/upload/:upload/content`, async (exchange, principal) => {
    const uploads = contents.store.collection<{ issuedAt: string }>("upload-id");
    if (!uploads.has(exchange.param("upload"))) throw notFound();
    await upload(exchange, principal);
    uploads.delete(exchange.param("upload"));
  });
  add("GET", `${mount}/v2/content/:id`, (exchange) => {
    exchange.json(200, envelope(contents, [recordOf(contents, exchange)], linkBase()));
  });
  add("GET", `${mount}/v2/content/:id/download`, (exchange) => {
    const record = recordOf(contents, exchange);
    checkObject(exchange, record);
    return sendBytes(app, contents, exchange, record, {
      mimeType: exchange.query.get("mime-type") ?? concreteType(exchange.header("accept")),
      fileName: exchange.query.get("file-name") ?? undefined,
      disposition: exchange.query.get("disposition-type") ?? undefined,
    });
  });
  add("DELETE", `${mount}/v2/content/:id`, (exchange) => deleteIfAllowed(app, contents, exchange, recordOf(contents, exchange)));
  add("GET", `${mount}/v2/tenant/:tenant/usage`, (exchange, principal) => {
    checkTenant(exchange.param("tenant"), principal);
    exchange.json(200, usage(contents, principal.tenant, exchange.query.get("units") ?? "MB"));
  });
}

/** The v2 content a path names. Throws the 404 problem. */
export function recordOf(contents: ContentStore, exchange: Exchange): ContentRecord {
  const record = contents.findV2(exchange.param("id"));
  if (!record) throw notFound();
  return record;
}

/** An `object-id` that does not reference the content is refused: what the vendor does is [UNKNOWN]. */
export function checkObject(exchange: Exchange, record: ContentRecord): void {
  const objectId = exchange.query.get("object-id");
  if (objectId && !record.objectIds.includes(objectId)) throw notFound();
}

/** DELETE is not in the vendor's description: refused unless the switch allows it (wire/css.md S12). */
export async function deleteIfAllowed(app: SandboxApp, contents: ContentStore, exchange: Exchange, record: ContentRecord): Promise<void> {
  if (!app.switches.isOn("css.allow-delete")) throw new Problem(405, "Content is deleted through the metadata service");
  await contents.remove(record.blobId);
  exchange.send(204, undefined);
}

/** The reply of wire/css.md 3.3. */
function envelope(contents: ContentStore, records: ContentRecord[], linkBase: string): object {
  return { title: "/contents", entries: records.map((record) => entryOf(contents, record, linkBase)) };
}

function entryOf(contents: ContentStore, record: ContentRecord, linkBase: string): object {
  const id = contents.idOf(record);
  const self = `${linkBase}/v2/content/${id}`;
  return {
    id,
    objectId: record.objectIds.at(-1) ?? "",
    mimeType: record.mimeType,
    fileName: record.fileName,
    size: record.size,
    createDate: withoutColon(record.createDate),
    lastUpdated: withoutColon(record.lastUpdated),
    providerId: contents.ids.providerId,
    tenantId: record.tenantId,
    subscriptionId: null,
    properties: { MD5: record.md5.toUpperCase() },
    renditions: null,
    blobId: record.blobId,
    _links: { self: { href: self }, download: { href: `${self}/download` } },
  };
}

/** `2022-11-07T18:34:39.972+0000`: the offset has no colon (wire/css.md 3.3). */
function withoutColon(iso: string): string {
  return iso.replace(/Z$/, "+0000");
}

/** The one media type `Accept` asks for, if it asks for one; `mime-type` wins over it (wire/css.md 3.1). */
function concreteType(accept: string | undefined): string | undefined {
  return accept && /^[\w.+-]+\/[\w.+-]+$/.test(accept) ? accept : undefined;
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** The reply of wire/css.md 3.5. */
function usage(contents: ContentStore, tenant: string, units: string): object {
  const power = UNITS.indexOf(units);
  if (power < 0) throw new Problem(400, `units must be one of ${UNITS.join(", ")}`);
  let bytes = 0;
  let latest = contents.ids.createdAt;
  let latestUser = "sandbox";
  for (const record of contents.all()) {
    if (record.tenantId !== tenant) continue;
    bytes += record.size;
    if (record.createDate < latest) continue;
    latest = record.createDate;
    latestUser = record.createdBy;
  }
  return {
    tenantId: tenant,
    tenantUsageSize: bytes / 1024 ** power,
    tenantUsageUnits: units,
    dateOfLastUpload: latest,
    createdBy: "sandbox",
    createdDate: contents.ids.createdAt,
    modifiedBy: latestUser,
    modifiedDate: latest,
  };
}
