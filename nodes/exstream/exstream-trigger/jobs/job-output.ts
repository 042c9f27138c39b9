import type { Readable } from "node:stream";
import type { ExstreamRuntime } from "../../../clients/exstream/runtime";
import type { Spool, SpooledContent } from "../../../core/content/spool";
import { DocbridgeError } from "../../../core/errors";
import { mediaTypeOf } from "../../../core/intake/media-types";
import { readZipMember } from "../../../core/intake/zip";

export interface WantedOutput {
  stepId: string;
  /** Of the file. */
  name: string;
  customerNumber: string | undefined;
  fetchBy: "artifact" | "customer";
}

export interface FetchedOutput {
  content: SpooledContent;
  /** As the server names it. */
  mediaType?: string;
}

/** Brings an output of a step into the spool. Throws `not-found`, `missing-metadata`, and what calls and spool throw. */
export async function fetchOutput(
  runtime: ExstreamRuntime,
  spool: Spool,
  { stepId, name, customerNumber, fetchBy }: WantedOutput,
  signal: AbortSignal,
): Promise<FetchedOutput> {
  if (fetchBy === "artifact") {
    const { stream, mediaType } = await runtime.artifact(stepId, name, { signal });
    return { content: await put(spool, stream), mediaType: mediaTypeOf(mediaType) };
  }
  if (!customerNumber) {
    throw new DocbridgeError("missing-metadata", {
      message:
        "The delivery file gives no customer number, by which the artifacts of a customer are fetched. Say in 'keyNames' which key it is.",
      subject: "customerNumber",
    });
  }
  const { stream } = await runtime.customerArtifacts(stepId, customerNumber, { signal });
  // Nothing refers to the zip, so the spool lets it go by itself.
  const zip = await put(spool, stream);
  return { content: await spool.put(readZipMember(await spool.pathOf(zip.sha256), name)) };
}

async function put(spool: Spool, stream: Readable): Promise<SpooledContent> {
  try {
    return await spool.put(stream as AsyncIterable<Buffer>);
  } finally {
    stream.destroy();
  }
}
