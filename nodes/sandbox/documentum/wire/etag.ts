import type { ObjectRecord } from "../model/records";
import type { DocumentumSwitches } from "../switches";
import type { Call, Reply } from "./call";
import { cause, Failure } from "./failures";

/** Opaque to clients, tied to `i_vstamp` (wire/documentum.md 22.4; the text is our choice). */
export function etagOf(record: ObjectRecord): string {
  return `"${Buffer.from(`${record.id}:${record.values.i_vstamp ?? 0}`).toString("base64url")}"`;
}

/** A 304 when the client has this very state already. */
export function notModified(call: Call, etag: string, switches: DocumentumSwitches): Reply | undefined {
  if (!switches.isOn("etag")) return undefined;
  return listed(call.header("if-none-match"), etag) ? { status: 304, headers: { ETag: etag } } : undefined;
}

/** Throws when the client expects another state than the object has. */
export function demandMatch(call: Call, record: ObjectRecord, switches: DocumentumSwitches): void {
  const expected = call.header("if-match");
  if (expected === undefined || !switches.isOn("etag") || listed(expected, etagOf(record))) return;
  throw new Failure(
    switches.number("stale-etag-status"),
    "E_PRECONDITION_FAILED",
    "The object has changed since it was read.",
    cause("DM_SYSOBJECT_E_VERSION_MISMATCH", `The version stamp of sysobject ${record.id} does not match.`),
  );
}

function listed(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);
}
