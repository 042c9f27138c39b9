import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import type { ContentRecord, ContentStore } from "./content-store";
import { sendBytes } from "./download";
import { type CssHandler, notFound, Problem } from "./problem";
import { deleteIfAllowed } from "./routes-v2";
import { checkTenant, takeUpload } from "./upload";

/** S7, S8, S10 and S12 of wire/css.md section 13, under one mount point. */
export function addV3Routes(
  app: SandboxApp,
  contents: ContentStore,
  add: (method: string, path: string, handler: CssHandler) => void,
  mount: string,
): void {
  add("POST", `${mount}/v3/files/fromStream`, async (exchange, principal) => {
    const tenant = exchange.query.get("tenant");
    if (tenant) checkTenant(tenant, principal);
    const [record] = await takeUpload(exchange, contents, "v3", principal);
    exchange.json(app.switches.numberOf("css.v3-create-status"), presentFile(record as ContentRecord));
  });
  add("GET", `${mount}/v3/files/:id`, (exchange) => exchange.json(200, presentFile(fileOf(contents, exchange))));
  add("GET", `${mount}/v3/files/:id/stream`, (exchange) => sendBytes(app, contents, exchange, fileOf(contents, exchange)));
  add("DELETE", `${mount}/v3/files/:id`, (exchange) => deleteIfAllowed(app, contents, exchange, fileOf(contents, exchange)));
  add("PATCH", `${mount}/v1/namespaces/files/resourceAccessPolicy`, async (exchange) => {
    const resource = exchange.query.get("resource") ?? "";
    const id = /^\/v3\/files\/([^/]+)$/.exec(resource)?.[1];
    if (!id || !contents.findV3(id)) throw notFound();
    if (exchange.mediaType !== "application/merge-patch+json") throw new Problem(415, "Send application/merge-patch+json");
    const policies = contents.store.collection<object>("access-policy");
    const merged = mergePatch(policies.get(id) ?? { resource }, await readPatch(exchange));
    exchange.json(200, policies.put(id, merged as object));
  });
}

/** The flat object of wire/css.md section 4. */
export function presentFile(record: ContentRecord): object {
  return { id: record.blobId, originalFileName: record.fileName, mimeType: record.mimeType, size: record.size };
}

function fileOf(contents: ContentStore, exchange: Exchange): ContentRecord {
  const record = contents.findV3(exchange.param("id"));
  if (!record) throw notFound();
  return record;
}

async function readPatch(exchange: Exchange): Promise<unknown> {
  try {
    return await exchange.bodyJson();
  } catch {
    throw new Problem(400, "The request body is not JSON");
  }
}

/** JSON merge patch (RFC 7396). */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
