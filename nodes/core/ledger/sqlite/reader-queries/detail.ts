import { brokenLink } from "../../chain";
import type { DocumentDetail } from "../../console";
import type { Reading } from "../operations";
import { events } from "../queries";
import { toRecord } from "../records";

export function detail(reading: Reading, id: string): DocumentDetail | undefined {
  const row = reading.db.one("SELECT * FROM documents WHERE id = ?", id);
  if (!row) return undefined;
  const chain = events(reading, id);
  const last = chain.at(-1);
  // The document knows how its chain ends: an event cut off at the end breaks no link.
  const isWhole = (last?.seq ?? 0) === row.events && (last?.hash ?? "") === row.head;
  return {
    document: toRecord(reading, row),
    events: chain,
    brokenAt: brokenLink(chain)?.seq ?? (isWhole ? undefined : (last?.seq ?? 0) + 1),
    hasBytes: row.bytes_gone === 0,
  };
}
