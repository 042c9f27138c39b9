import { constants } from "node:fs";
import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DELIVERY_FILE } from "../jobs/reports";
import type { FolderChannel } from "./config";
import { type Metadata, mdasSidecar, stemOf, xmlSidecar } from "./metadata";
import type { Outcome, Parcel } from "./outcome";

/**
 * Puts a document into the folder: bytes under `*.tmp`, rename, then the sidecar (also renamed into place), then the
 * marker (wire/exstream.md 13.5). A document that is delivered again replaces itself.
 */
export async function deliverToFolder(channel: FolderChannel, parcel: Parcel): Promise<Outcome> {
  const { name } = parcel.metadata.file;
  try {
    const folder = await folderOf(channel, parcel.metadata.jobId);
    await copyFile(parcel.path, join(folder, `${name}.tmp`), constants.COPYFILE_FICLONE);
    await rename(join(folder, `${name}.tmp`), join(folder, name));
    if (channel.sidecar !== "none") {
      const base = channel.sidecarName === "stem" ? stemOf(name) : name;
      await put(folder, `${base}.${channel.sidecar === "json" ? "json" : "xml"}`, sidecarText(channel.sidecar, parcel.metadata));
    }
    if (channel.marker) await put(folder, stemOf(name) + channel.marker, "");
    return { kind: "delivered" };
  } catch (error) {
    return failure(error);
  }
}

/** What the folder gets once the last document of a job is there. */
export async function closeFolder(channel: FolderChannel, jobId: string, deliveryFile: Iterable<Buffer>): Promise<Outcome> {
  try {
    const folder = await folderOf(channel, jobId);
    if (channel.deliveryFile) {
      await put(folder, DELIVERY_FILE, deliveryFile);
    }
    if (channel.jobMarker) await put(folder, jobId + channel.jobMarker, "");
    return { kind: "delivered" };
  } catch (error) {
    return failure(error);
  }
}

async function folderOf(channel: FolderChannel, jobId: string): Promise<string> {
  const folder = channel.subfolder ? join(channel.folder, jobId) : channel.folder;
  await mkdir(folder, { recursive: true });
  return folder;
}

async function put(folder: string, name: string, content: string | Iterable<Buffer>): Promise<void> {
  await writeFile(join(folder, `${name}.tmp`), content);
  await rename(join(folder, `${name}.tmp`), join(folder, name));
}

function sidecarText(form: "json" | "xml" | "mdas", metadata: Metadata): string {
  if (form === "json") return `${JSON.stringify(metadata, undefined, 2)}\n`;
  return form === "xml" ? xmlSidecar(metadata) : mdasSidecar(metadata);
}

/** A full disk or a missing right is for somebody to mend; until then the document waits. */
function failure(error: unknown): Outcome {
  return { kind: "retry", reason: `folder: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}` };
}
