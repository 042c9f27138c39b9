import { open } from "node:fs/promises";
import { DocbridgeError } from "../errors";
import type { ContentReference } from "./reference";

/** How files of these types begin. */
const BEGINNINGS: readonly (readonly [mediaType: string, begin: Buffer])[] = [
  ["application/pdf", Buffer.from("%PDF-")],
  ["image/png", Buffer.from("\x89PNG\r\n\x1a\n", "latin1")],
  ["image/jpeg", Buffer.from([0xff, 0xd8, 0xff])],
  ["image/gif", Buffer.from("GIF8")],
  ["image/tiff", Buffer.from("II*\0")],
  ["image/tiff", Buffer.from("MM\0*")],
];
/** Types that none of these beginnings is right for but their own. */
const CERTAIN = new Set([
  ...BEGINNINGS.map(([mediaType]) => mediaType),
  "text/html",
  "text/plain",
  "text/xml",
  "application/xml",
  "application/json",
]);
const LONGEST = Math.max(...BEGINNINGS.map(([, begin]) => begin.length));

/**
 * Throws `wrong-media-type` when the bytes begin as a file of another type than the one declared for them. Bytes that begin as
 * none of the types known here may be anything. Throws `content-missing`.
 */
export async function demandDeclaredType(content: ContentReference): Promise<void> {
  const declared = content.mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!CERTAIN.has(declared)) return;
  const found = await typeOf(content);
  if (found === undefined || found === declared) return;
  throw new DocbridgeError("wrong-media-type", {
    message: `The document is declared as ${declared}, but its bytes are ${found}. Nothing was sent; correct the sender, and have it delivered again.`,
    subject: "mediaType",
  });
}

async function typeOf(content: ContentReference): Promise<string | undefined> {
  const file = await open(await content.path());
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST), 0, LONGEST, 0);
    const bytes = buffer.subarray(0, bytesRead);
    return BEGINNINGS.find(([, begin]) => bytes.subarray(0, begin.length).equals(begin))?.[0];
  } finally {
    await file.close();
  }
}
