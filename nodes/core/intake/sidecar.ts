/** A sidecar's bytes: whole, or as they are read. */
export type SidecarInput = Uint8Array | AsyncIterable<Uint8Array>;

export interface SidecarLimits {
  /** Size of the sidecar in bytes; default 1 MiB. */
  bytes: number;
  /** Deepest nesting; default 32. */
  depth: number;
  /** Longest single text of an XML sidecar, in characters; default 64 Ki. */
  text: number;
}

export function sidecarLimits(limits: Partial<SidecarLimits> = {}): SidecarLimits {
  return { bytes: limits.bytes ?? 1024 * 1024, depth: limits.depth ?? 32, text: limits.text ?? 64 * 1024 };
}

export async function* chunksOf(input: SidecarInput): AsyncGenerator<Buffer> {
  if (input instanceof Uint8Array) yield asBuffer(input);
  else for await (const chunk of input) yield asBuffer(chunk);
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
