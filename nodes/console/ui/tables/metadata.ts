import { api } from "../api.ts";

const documentsSeen = 8;

/** Metadata of the newest documents, so that its names can be proposed. */
export async function seenMetadata(ledger: string, signal: AbortSignal): Promise<Record<string, unknown>[]> {
  const { documents } = await api.documents(ledger, {}, { limit: documentsSeen }, signal);
  const details = await Promise.all(documents.map(({ id }) => api.document(ledger, id, signal)));
  return details.map(({ document }) => document.metadata);
}
