/** Characters of the base64 of so many bytes. */
export function base64LengthOf(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Bytes as base64 without line breaks, while they arrive. */
export async function* base64Of(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
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
