import { asDocbridgeError, DocbridgeError, type ErrorCode } from "../errors";

/** Bytes: whole, or as they arrive. */
export type Bytes = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * The bytes in chunks. An error of the stream itself (a disk, a connection) comes out as a retryable DocbridgeError
 * `code`; a DocbridgeError of it as it is.
 */
export async function* chunksOf(bytes: Bytes, code: ErrorCode, name: string): AsyncGenerator<Buffer> {
  try {
    if (bytes instanceof Uint8Array) yield asBuffer(bytes);
    else for await (const chunk of bytes) yield asBuffer(chunk);
  } catch (error) {
    if (error instanceof DocbridgeError) throw error;
    const { message } = asDocbridgeError(error);
    throw new DocbridgeError(code, {
      message: `The ${name} could not be read to its end (${message}). It is tried again when it is delivered again.`,
      retryable: true,
      subject: name,
      cause: error,
    });
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
