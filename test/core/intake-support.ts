import { DocbridgeError } from "../../dist/core/errors.js";

/** The DocbridgeError that `run` throws; anything else fails the test. */
export async function errorOf(run: () => unknown): Promise<DocbridgeError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof DocbridgeError) return error;
    throw error;
  }
  throw new Error("expected a DocbridgeError, but nothing was thrown");
}

export interface Random {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  bytes(size: number): Buffer;
}

/** The same numbers for the same seed (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, bytes: (size) => Buffer.from(Array.from({ length: size }, () => below(256))) };
}

/** Cuts bytes at random places; some chunks are empty or one byte long. */
export function* cut(bytes: Buffer, random: Random): Generator<Buffer> {
  const longest = [1, 3, 17, 200, 5000][random.below(5)] ?? 1;
  for (let at = 0; at < bytes.length; ) {
    const size = random.below(longest + 1);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

export async function* chunksOf(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}
