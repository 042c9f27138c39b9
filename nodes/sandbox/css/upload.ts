import type { Exchange } from "../kernel/exchange";
import type { Principal } from "../kernel/identity";
import type { ContentRecord, ContentStore } from "./content-store";
import { Problem } from "./problem";

/** Refuses an upload to, or a look at, a tenant that is not the caller's. The status is ours. */
export function checkTenant(tenantId: string, principal: Principal): void {
  if (tenantId !== principal.tenant) throw new Problem(403, "The token belongs to another tenant");
}

/**
 * Takes the files of an upload, multipart (any part name, one or many) or raw (any media type), and enters them once
 * the whole request is in (wire/css.md 3.2). Nothing stays behind when it fails.
 */
export async function takeUpload(
  exchange: Exchange,
  contents: ContentStore,
  api: "v2" | "v3",
  principal: Principal,
): Promise<ContentRecord[]> {
  const upload = { api, tenantId: principal.tenant, user: principal.user, damage: exchange.damage };
  const received: ContentRecord[] = [];
  try {
    if (exchange.mediaType === "multipart/form-data") {
      await readParts(exchange, async (fileName, mimeType, body) => {
        received.push(await contents.receive({ ...upload, fileName, mimeType }, body));
      });
    } else if (hasBody(exchange)) {
      // The file name of a raw upload is [UNKNOWN]; empty is ours.
      const mimeType = exchange.mediaType || "application/octet-stream";
      received.push(await contents.receive({ ...upload, fileName: "", mimeType }, exchange.req));
    }
    if (received.length === 0) throw new Problem(400, "File not provided");
    // How v3 takes several files is [UNKNOWN]; refusing is ours.
    if (api === "v3" && received.length > 1) throw new Problem(400, "One file a request");
    // The answer to an infected upload is [UNKNOWN]; 422 is ours.
    const scanned = exchange.query.get("avs-scan") !== "false";
    if (scanned && received.some((record) => record.infected)) throw new Problem(422, "The content is infected");
    return received.map((record) => contents.enter(record));
  } catch (error) {
    await contents.discard(received);
    throw error;
  }
}

/** Parts with a file name are files; others are form fields and read away, as server frameworks do. */
async function readParts(
  exchange: Exchange,
  onFile: (fileName: string, mimeType: string, body: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  let ours: unknown;
  try {
    await exchange.parts(async (part) => {
      if (!part.fileName) {
        part.body.resume();
        return;
      }
      try {
        await onFile(part.fileName, part.mediaType, part.body);
      } catch (error) {
        ours ??= error;
        throw error;
      }
    });
  } catch (error) {
    if (ours !== undefined || exchange.req.socket.destroyed) throw ours ?? error;
    throw new Problem(400, "The multipart body cannot be read");
  }
}

function hasBody(exchange: Exchange): boolean {
  return exchange.header("transfer-encoding") !== undefined || Number(exchange.header("content-length") ?? 0) > 0;
}
