import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import type { ContentInfo } from "../core/content/reference";

/**
 * Types a browser may show, and as what. A document's type is what its sender said it is: everything else is only ever
 * downloaded. Of SVG the browser would run the scripts, of XML the style sheets.
 */
const SHOWN: Record<string, string> = {
  "application/pdf": "application/pdf",
  "text/html": "text/html",
  "text/plain": "text/plain; charset=utf-8",
  "text/csv": "text/plain; charset=utf-8",
  "text/xml": "text/plain; charset=utf-8",
  "application/xml": "text/plain; charset=utf-8",
  "application/json": "text/plain; charset=utf-8",
  "image/png": "image/png",
  "image/jpeg": "image/jpeg",
  "image/gif": "image/gif",
  "image/bmp": "image/bmp",
  "image/webp": "image/webp",
};

/** No script, no form, no other origin, wherever the answer is opened; what a statement needs to look right is allowed. */
const CONTENT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

/** Longest file name sent, characters; file systems hold no longer ones. */
const MAX_NAME = 200;

/** Sends the bytes of a document, which may be anything, so that the browser shows or keeps them without being harmed. */
export async function sendContent(response: Response, content: ContentInfo, bytes: Readable, download: boolean): Promise<void> {
  const shown = Object.hasOwn(SHOWN, content.mediaType) ? SHOWN[content.mediaType] : undefined;
  // Not by `set`, which would add a character set of its own: HTML says it itself.
  response.setHeader("Content-Type", shown ?? "application/octet-stream");
  response.set({
    "Content-Length": String(content.size),
    "Content-Disposition": disposition(download || !shown ? "attachment" : "inline", content.fileName),
    "Content-Security-Policy": CONTENT_POLICY,
  });
  await pipeline(bytes, response).catch((error: NodeJS.ErrnoException) => {
    // The reader has gone away in the middle; nobody is left to tell.
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

/** The name as RFC 6266 writes it: plain for old readers, and in full. Neither can leave its header or its folder. */
function disposition(kind: "inline" | "attachment", fileName: string): string {
  const name = fileName
    .replace(/[\p{C}/\\]/gu, "_")
    .replace(/^\.+/, "_")
    .slice(0, MAX_NAME)
    .replace(/\p{Surrogate}/gu, "_");
  const plain = name.replace(/[^\w .()+-]/g, "_");
  const full = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${full}`;
}
