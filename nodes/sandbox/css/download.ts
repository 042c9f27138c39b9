import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import type { ContentRecord, ContentStore } from "./content-store";
import { Problem } from "./problem";

/** Declares what the contract leaves open about downloads. */
export function declareDownloadSwitches(app: SandboxApp): void {
  app.switches.declare("css.content-disposition", false, "Downloads carry Content-Disposition (the newer service omits it)");
  app.switches.declare("css.ranges", true, "Downloads honour Range; off: the header is ignored and 200 answered");
}

/** Sends the bytes (wire/css.md 3.4, S4, S8, S11). */
export async function sendBytes(
  app: SandboxApp,
  contents: ContentStore,
  exchange: Exchange,
  record: ContentRecord,
  names: { mimeType?: string; fileName?: string; disposition?: string } = {},
): Promise<void> {
  if (record.infected && exchange.query.get("avs-scan") !== "false") throw new Problem(422, "The content is infected");
  const ranges = app.switches.isOn("css.ranges");
  const headers: Record<string, string> = { "Content-Type": names.mimeType || record.mimeType };
  if (ranges) headers["Accept-Ranges"] = "bytes";
  if (app.switches.isOn("css.content-disposition")) {
    headers["Content-Disposition"] = dispositionOf(names.disposition || "attachment", names.fileName || record.fileName);
  }
  await exchange.file(contents.pathOf(record), headers, ranges);
}

function dispositionOf(kind: string, fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\]/g, "_");
  return `${kind.replace(/[^a-z-]/gi, "")}; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName)}`;
}
