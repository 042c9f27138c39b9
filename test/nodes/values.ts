import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

export const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");
export const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");
export const someBytes = (size = 2_000) => randomBytes(size);

/** Waits until the probe gives something true, and gives it. Throws after the limit, saying what did not come. */
export async function until<T>(what: string, probe: () => T | Promise<T>, limitMs = 50_000): Promise<NonNullable<T>> {
  for (const end = Date.now() + limitMs; ; await sleep(20)) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`this did not come true within ${limitMs} ms: ${what}`);
  }
}
