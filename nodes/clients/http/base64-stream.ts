import type { StreamedBody } from "./download";

/** Bytes that are read while they are sent, anew for every try. */
export interface ByteSource {
  /** Bytes, where it is known. */
  size?: number;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** Bytes of a piece; a multiple of 3, whose base64 needs no padding. */
const PIECE = 768 * 1024;

/** `head`, then `bytes` in base64, then `tail`, made while it is sent. */
export function base64Body(head: string, tail: string, bytes: Buffer | ByteSource): StreamedBody {
  const source = Buffer.isBuffer(bytes) ? held(bytes) : bytes;
  const [before, after] = [Buffer.from(head), Buffer.from(tail)];
  return {
    ...(source.size === undefined ? {} : { length: before.length + base64LengthOf(source.size) + after.length }),
    async *open() {
      yield before;
      yield* base64Of(await source.open());
      yield after;
    },
  };
}

/** In pieces, so that no text as long as all of it is made. */
function held(bytes: Buffer): ByteSource {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
  }
  return { size: bytes.length, open: async () => pieces() };
}

/** Characters of the base64 of so many bytes. */
function base64LengthOf(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Bytes as base64 without line breaks, while they arrive. */
async function* base64Of(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let carry = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const held = carry.length > 0 ? Buffer.concat([carry, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const usable = held.length - (held.length % 3);
    // A copy: whoever gave the chunk may use its memory again.
    carry = Buffer.from(held.subarray(usable));
    if (usable > 0) yield encoded(held.subarray(0, usable));
  }
  if (carry.length > 0) yield encoded(carry);
}

function encoded(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("base64"), "latin1");
}
