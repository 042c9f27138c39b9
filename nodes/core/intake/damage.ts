import { open } from "node:fs/promises";
import type { ContentStore } from "../content/reference";
import type { Admission } from "../ledger/ledger";

const BEGIN = Buffer.from("%PDF-");
const END = Buffer.from("%%EOF");
/** Readers look for the end in the last kilobyte; some writers put more behind it. */
const TAIL = 2048;

/** Why a document must not go on: it begins as a PDF and does not end as one. Undefined for all others. Throws `content-missing`. */
export async function damageOf(sha256: string, fileName: string, store: ContentStore): Promise<Admission["quarantine"]> {
  const file = await open(await store.pathOf(sha256));
  try {
    const { size } = await file.stat();
    const begin = Buffer.alloc(BEGIN.length);
    await file.read(begin, 0, begin.length, 0);
    if (!begin.equals(BEGIN)) return undefined;
    const tail = Buffer.alloc(Math.min(size, TAIL));
    await file.read(tail, 0, tail.length, size - tail.length);
    if (tail.includes(END)) return undefined;
    const message = `The PDF "${fileName}" has been cut off: it has no end. Its bytes are kept; have it composed or delivered again.`;
    return { code: "content-damaged", message };
  } finally {
    await file.close();
  }
}
