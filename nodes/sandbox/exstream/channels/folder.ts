import { constants } from "node:fs";
import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DELIVERY_FILE, ERROR_REPORT } from "../jobs/reports";
import type { FolderChannel } from "./config";
import { indexLines } from "./index-file";
import { type Metadata, mdasSidecar, stemOf, xmlSidecar } from "./metadata";
import type { Outcome, Parcel } from "./outcome";

/** Which run of which job something in a folder belongs to. */
export interface Run {
  jobId: string;
  flowInstanceId: string;
  /** The communication step. */
  flowStepId: string;
}

/** What a folder may get once the last document of a job is there; each is made only if the channel asks for it. */
export interface JobFiles {
  deliveryFile(): Iterable<Buffer>;
  errorReport(): Iterable<Buffer>;
  /** What is known of each document that was delivered. */
  delivered(): Iterable<Metadata>;
}

/**
 * Puts a document into the folder: bytes under `*.tmp`, rename, then the sidecar (also renamed into place), then the
 * marker (wire/exstream.md 13.5). A document that is delivered again replaces itself.
 */
export async function deliverToFolder(channel: FolderChannel, parcel: Parcel): Promise<Outcome> {
  const { metadata } = parcel;
  const path = placeOf(channel, metadata);
  const { name } = metadata.file;
  try {
    const folder = dirname(join(folderOf(channel, metadata), path));
    await mkdir(folder, { recursive: true });
    await copyFile(parcel.path, join(folder, `${name}.tmp`), constants.COPYFILE_FICLONE);
    await rename(join(folder, `${name}.tmp`), join(folder, name));
    if (channel.sidecar !== "none") {
      const base = channel.sidecarName === "stem" ? stemOf(name) : name;
      await put(folder, `${base}.${channel.sidecar === "json" ? "json" : "xml"}`, sidecarText(channel.sidecar, metadata));
    }
    if (channel.marker) await put(folder, stemOf(name) + channel.marker, "");
    return { kind: "delivered" };
  } catch (error) {
    return failure(error);
  }
}

/** Puts into the folder what belongs to a job as a whole, the marker of the job last. */
export async function closeFolder(channel: FolderChannel, run: Run, files: JobFiles): Promise<Outcome> {
  const { index } = channel;
  try {
    const folder = folderOf(channel, run);
    await mkdir(folder, { recursive: true });
    if (index)
      await put(
        folder,
        index.name,
        indexLines(index, files.delivered(), (metadata) => placeOf(channel, metadata)),
      );
    if (channel.errorReport) await put(folder, ERROR_REPORT, files.errorReport());
    if (channel.deliveryFile) await put(folder, DELIVERY_FILE, files.deliveryFile());
    if (channel.jobMarker) await put(folder, run.jobId + channel.jobMarker, "");
    return { kind: "delivered" };
  } catch (error) {
    return failure(error);
  }
}

/** The folder of a run: the channel's own, one named by the job, or the one of the product's job tree (wire/exstream.md 9.2). */
function folderOf(channel: FolderChannel, { jobId, flowInstanceId, flowStepId }: Run): string {
  if (channel.jobTree) return join(channel.folder, "jobs", jobId, flowInstanceId, "docgen", flowStepId, "output");
  return channel.subfolder ? join(channel.folder, jobId) : channel.folder;
}

/** Where a document lies within the folder of its run, with forward slashes. */
function placeOf(channel: FolderChannel, metadata: Metadata): string {
  return channel.byChannel ? `${metadata.channel}/${metadata.file.name}` : metadata.file.name;
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
