/** Paths into `msg.document` that are worth proposing while somebody types (core/document.ts). */
export const documentPaths: readonly string[] = [
  "source.customerNumber",
  "source.jobId",
  "source.fileName",
  "source.queueName",
  "source.communicationId",
  "source.communicationVersion",
  "source.externalId",
  "source.flowInstanceId",
  "source.flowStepId",
  "source.trackerId",
  "content.fileName",
  "content.mediaType",
  "content.size",
  "content.sha256",
  "businessKey",
  "key",
  "id",
  "batch.id",
  "batch.seq",
  "batch.expected",
  "variant.role",
  "variant.of",
  "metadata.",
  "about.key",
  "about.deliveries.delivered",
  "about.metadata.",
];

/** Paths of the document at hand, while a dialog shows one. */
let ofSample: readonly string[] = [];

export function proposeAlso(paths: readonly string[]): void {
  ofSample = paths;
}

/** Proposals for what was typed so far: paths that contain it, those that begin with it first. */
export function proposals(typed: string): string[] {
  const wanted = typed.trim().toLowerCase();
  const found = [...new Set([...ofSample, ...documentPaths])].filter(
    (path) => path.toLowerCase().includes(wanted) && path.toLowerCase() !== wanted,
  );
  return found.toSorted((a, b) => rank(a, wanted) - rank(b, wanted));
}

function rank(path: string, wanted: string): number {
  return path.toLowerCase().startsWith(wanted) ? 0 : 1;
}
