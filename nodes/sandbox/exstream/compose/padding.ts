import { createHash } from "node:crypto";

/**
 * Filler that does not compress, for documents of an exact size. One megabyte of noise is made once and handed out
 * from another start for every document and every round, so filling costs no computing and no memory per document.
 */
const BLOCK_SIZE = 1024 * 1024;
/** Odd, so the starts of the rounds go through the whole block. */
const ROUND_STEP = 611_953;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

let binary: Buffer | undefined;
let text: Buffer | undefined;

function binaryBlock(): Buffer {
  binary ??= createHash("shake256", { outputLength: BLOCK_SIZE }).update("docbridge sandbox padding").digest();
  return binary;
}

/** The same noise in letters that mean nothing in HTML. */
function textBlock(): Buffer {
  text ??= Buffer.from(binaryBlock().map((byte) => ALPHABET.charCodeAt(byte % 64)));
  return text;
}

/**
 * Yields `length` bytes that depend only on `seed` (at least 16 bytes). Chunks are views of a shared block: do not
 * change them.
 */
export function* padding(seed: Buffer, length: number, form: "binary" | "text"): Generator<Buffer> {
  const block = form === "binary" ? binaryBlock() : textBlock();
  const mark = form === "binary" ? seed : Buffer.from(seed.toString("hex"));
  let left = length;
  const first = mark.subarray(0, Math.min(left, mark.length));
  left -= first.length;
  yield first;
  for (let start = seed.readUInt32BE(0) % BLOCK_SIZE; left > 0; start = (start + ROUND_STEP) % BLOCK_SIZE) {
    for (const piece of [block.subarray(start), block.subarray(0, start)]) {
      const part = piece.subarray(0, Math.min(left, piece.length));
      left -= part.length;
      if (part.length > 0) yield part;
    }
  }
}
