import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import type { ContentStore } from "./content-store";
import { type CssHandler, notFound, Problem } from "./problem";
import { presentFile } from "./routes-v3";

/** An upload in parts that is not complete yet. */
interface PartedUpload {
  id: string;
  originalFileName: string;
  mimeType: string;
  /** Bytes the finished file must have, if the client said so. */
  size?: number;
  tenantId: string;
  user: string;
  /** Bytes by part number. */
  parts: Record<string, number>;
}

/**
 * S9 of wire/css.md section 13: the paths are weakly supported, bodies, numbering and completion are ours, so all of it
 * is behind a switch that is off by default.
 */
export function addPartRoutes(
  app: SandboxApp,
  contents: ContentStore,
  add: (method: string, path: string, handler: CssHandler) => void,
  mount: string,
): void {
  const uploads = contents.store.collection<PartedUpload>("parted-upload");
  const switched = (method: string, path: string, handler: CssHandler): void =>
    add(method, `${mount}${path}`, (exchange, principal) => {
      if (!app.switches.isOn("css.upload-parts")) throw notFound();
      return handler(exchange, principal);
    });
  const uploadOf = (exchange: Exchange): PartedUpload => {
    const id = exchange.param("id");
    const upload = uploads.get(id);
    if (upload) return upload;
    throw contents.findV3(id) ? new Problem(409, "The upload is complete") : notFound();
  };

  switched("POST", "/v3/files", async (exchange, principal) => {
    const wish = (await exchange.bodyJson().catch(() => null)) as Partial<PartedUpload> | null;
    if (!wish?.originalFileName || !wish.mimeType) throw new Problem(400, "originalFileName and mimeType are needed");
    const { originalFileName, mimeType, size } = wish;
    const upload: PartedUpload = {
      id: randomUUID(),
      originalFileName,
      mimeType,
      size,
      tenantId: principal.tenant,
      user: principal.user,
      parts: {},
    };
    exchange.json(201, present(uploads.put(upload.id, upload)));
  });
  switched("PUT", "/v3/files/:id/parts/:part/content", async (exchange) => {
    const { id } = uploadOf(exchange);
    const part = exchange.param("part");
    if (!/^[1-9]\d{0,4}$/.test(part)) throw new Problem(400, "Parts are numbered from 1");
    const { size } = await contents.store.writeContent(partName(id, part), exchange.req, exchange.damage);
    // Read anew: other parts may have come in meanwhile.
    const upload = uploadOf(exchange);
    exchange.json(200, present(uploads.put(id, { ...upload, parts: { ...upload.parts, [part]: size } })));
  });
  switched("GET", "/v3/files/:id/parts/:part/content", async (exchange) => {
    const { id, parts, mimeType } = uploadOf(exchange);
    const part = exchange.param("part");
    if (parts[part] === undefined) throw notFound();
    await exchange.file(contents.store.contentPath(partName(id, part)), { "Content-Type": mimeType });
  });
  switched("POST", "/v3/files/:id/complete", async (exchange) => {
    const upload = uploadOf(exchange);
    checkComplete(upload);
    const { originalFileName: fileName, mimeType, tenantId, user } = upload;
    const record = await contents.receive({ api: "v3", fileName, mimeType, tenantId, user }, joined(contents, upload), upload.id);
    contents.enter(record);
    uploads.delete(upload.id);
    for (const part of Object.keys(upload.parts)) await contents.store.deleteContent(partName(upload.id, part));
    exchange.json(200, { ...presentFile(record), parts: listParts(upload) });
  });
}

function present(upload: PartedUpload): object {
  const { id, originalFileName, mimeType, size } = upload;
  return { id, originalFileName, mimeType, size, parts: listParts(upload) };
}

/** In the order of their numbers, whatever the order they were sent in: integer-like keys are kept sorted. */
function listParts(upload: PartedUpload): { part: number; size: number }[] {
  return Object.entries(upload.parts).map(([part, size]) => ({ part: Number(part), size }));
}

/** Parts 1 to n without a gap, and as many bytes as announced. */
function checkComplete(upload: PartedUpload): void {
  const parts = listParts(upload);
  if (parts.length === 0 || parts.some(({ part }, index) => part !== index + 1)) throw new Problem(409, "Parts are missing");
  const bytes = parts.reduce((sum, { size }) => sum + size, 0);
  if (upload.size !== undefined && upload.size !== bytes) throw new Problem(409, "The parts do not add up to the announced size");
}

async function* joined(contents: ContentStore, upload: PartedUpload): AsyncIterable<Uint8Array> {
  for (const part of Object.keys(upload.parts)) {
    yield* createReadStream(contents.store.contentPath(partName(upload.id, part)), { highWaterMark: 1024 * 1024 });
  }
}

function partName(id: string, part: string): string {
  return `${id}-part-${part}`;
}
