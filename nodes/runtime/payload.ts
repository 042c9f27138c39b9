import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import type { NodeMessage } from "node-red";
import { DocbridgeError } from "../core/errors";
import { completeFileName, mediaTypeFor, UNKNOWN_MEDIA_TYPE } from "../core/intake/media-types";
import { documentKey } from "../core/key";
import type { AdmitResult } from "../core/ledger/ledger";
import type { Stores } from "./ledger-service";

/** What other nodes put on a message that is to become a document. */
interface PayloadMessage extends NodeMessage {
  payload?: unknown;
  filename?: unknown;
  contentType?: unknown;
  attributes?: unknown;
  role?: unknown;
}

/**
 * Enters `msg.payload` (Buffer, text, or a reference to bytes elsewhere; or the file `msg.filename` names, when there is no
 * payload) in spool and ledger as a document of this node, leased to `holder`. `msg.attributes` is kept as its metadata, so that a later
 * attempt has it too; `msg.role` says which variant it is. Throws `invalid-message`, `spool-full`, `spool-io`.
 */
export async function admitPayload(
  message: NodeMessage,
  stores: Stores,
  owner: { origin: string; holder: string; destination: string },
): Promise<AdmitResult> {
  const { payload, filename: given, contentType, attributes, role: told } = message as PayloadMessage;
  const role = typeof told === "string" && told !== "" ? told : "original";
  const filename = given ?? (isReference(payload) ? payload.fileName : undefined);
  const fileName = typeof filename === "string" && filename !== "" ? basename(filename) : undefined;
  const kept = await stores.spool.put(await bytesOf(payload, filename));
  const declared = typeof contentType === "string" ? contentType : mediaTypeFor(fileName ?? "");
  const mediaType = declared ?? (typeof payload === "string" ? "text/plain" : UNKNOWN_MEDIA_TYPE);
  return stores.ledger.admit({
    key: documentKey({ tenant: "", jobId: "", documentId: fileName ?? "", variant: role, sha256: kept.sha256 }),
    origin: owner.origin,
    holder: owner.holder,
    source: { system: "message", channel: "message", ...(fileName ? { fileName } : {}) },
    content: { ...kept, mediaType, fileName: fileName ?? completeFileName(kept.sha256.slice(0, 16), mediaType) },
    metadata: isRecord(attributes) ? attributes : {},
    variant: { role },
    targets: [owner.destination],
    doneWhen: "receipts",
  });
}

/** The bytes of `msg.payload` or of the file that `msg.filename` names, as a stream. Throws `invalid-message`. */
export async function bytesOf(payload: unknown, filename: unknown): Promise<Readable> {
  if (isReference(payload)) return payload.open();
  if (Buffer.isBuffer(payload)) return Readable.from([payload]);
  if (typeof payload === "string" && payload !== "") return Readable.from([Buffer.from(payload, "utf8")]);
  if (typeof filename === "string" && filename !== "") return createReadStream(filename, { highWaterMark: 1024 * 1024 });
  throw new DocbridgeError("invalid-message", {
    message:
      "The message carries neither msg.document nor bytes. Send msg.payload as a Buffer or a text, or msg.filename with the path of a file, or wire this node behind an Exstream trigger.",
    subject: "msg.payload",
  });
}

/** A content reference, or bytes that are still at their server. */
function isReference(value: unknown): value is { open(): Promise<Readable>; fileName?: string } {
  return isRecord(value) && typeof value.open === "function";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
