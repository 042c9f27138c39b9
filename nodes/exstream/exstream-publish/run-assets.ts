import type { ExstreamDesignClient } from "../../clients/exstream/design";
import type { ExstreamClient } from "../../clients/exstream/exstream";
import { DocbridgeError } from "../../core/errors";
import type { RunAsset } from "../../core/ledger/runs";

/** Versions that one run is believed to use at most; they are held in memory and kept as one list. */
const MAX_ASSETS = 20_000;

/**
 * The asset versions that a job used (wire/exstream.md 10.7): the collections of its flow instances, and what is in them, each
 * version once. Of a job that still runs: those so far. Throws `not-found` for a job that expired or never was.
 */
export async function assetsOfRun(
  client: ExstreamClient,
  design: ExstreamDesignClient,
  jobId: string,
  signal: AbortSignal,
): Promise<RunAsset[]> {
  // A list of flow instances is empty also for a job that nobody knows.
  await client.getJob(jobId, { signal });
  const collections = new Set<string>();
  for await (const instance of client.runtime.flowInstances(jobId, { signal })) {
    for (const id of await client.runtime.collections(instance, { signal })) collections.add(id);
  }
  const assets = new Map<string, RunAsset>();
  for await (const asset of design.collectionDetails([...collections], { signal })) {
    assets.set(`${asset.id}@${asset.version}`, asset);
    if (assets.size > MAX_ASSETS) {
      throw new DocbridgeError("unexpected-reply", {
        message: `Job ${jobId} names more than ${MAX_ASSETS} asset versions, and none were kept. Check in Exstream what its collections hold.`,
        subject: jobId,
      });
    }
  }
  return [...assets.values()];
}
