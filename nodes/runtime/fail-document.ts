import type { DocbridgeDocument } from "../core/document";
import { asDocbridgeError } from "../core/errors";
import { failureOf } from "../core/ledger/failure";
import type { LedgerNode, Stores } from "./ledger-service";
import type { StatusLine } from "./status";

/**
 * Records that a node failed with a document: the ledger plans another attempt, or quarantines it. Throws the error in
 * the second case, for Catch nodes.
 */
export async function failDocument(
  { id, fence }: DocbridgeDocument,
  { stores, ledgerNode, status }: { stores: Stores; ledgerNode: LedgerNode; status: StatusLine },
  thrown: unknown,
): Promise<void> {
  const error = asDocbridgeError(thrown);
  const { outcome } = await ledgerNode.lend(stores.ledger.fail({ id, fence, error: failureOf(error) }));
  if (outcome === "retry") status.show("retry", "retry", { code: error.code });
  if (outcome !== "quarantined") return;
  status.show("error", "quarantined", { code: error.code });
  throw error;
}
