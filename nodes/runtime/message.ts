import type { NodeAPI, NodeMessage } from "node-red";
import { ContentReference } from "../core/content/reference";
import type { DocbridgeDocument } from "../core/document";
import { DocbridgeError } from "../core/errors";
import type { DocumentRecord } from "../core/ledger/ledger";
import { requireDocument } from "../core/validate";
import type { LedgerNode, Stores } from "./ledger-service";
import { configNode } from "./settings";

/** A message that carries a document. */
export interface DocumentMessage extends NodeMessage {
  document: DocbridgeDocument;
}

/** `msg.document` of a released document. */
export function toDocument(record: DocumentRecord, stores: Stores, ledgerId: string): DocbridgeDocument {
  return {
    id: record.id,
    ledger: ledgerId,
    key: record.key,
    ...(record.businessKey ? { businessKey: record.businessKey } : {}),
    ...(record.batch ? { batch: record.batch } : {}),
    source: record.source,
    content: new ContentReference(record.content, stores.spool),
    metadata: record.metadata,
    attributes: {},
    variant: record.variant,
    ...(record.route && !record.routeAgain ? { route: record.route } : {}),
    targets: record.targets,
    receipts: record.receipts,
    attempt: record.attempt,
    fence: record.fence,
  };
}

/**
 * The document of a message with an open content reference and the stores it lives in; undefined when the message
 * carries none. Throws `invalid-message`, `configuration`, or what opening the ledger throws.
 */
export async function takeDocument(
  RED: NodeAPI,
  message: NodeMessage,
): Promise<{ document: DocbridgeDocument; stores: Stores; ledgerNode: LedgerNode } | undefined> {
  const carried = (message as Partial<DocumentMessage>).document as unknown;
  if (carried === undefined) return undefined;
  requireDocument(carried);
  const ledgerNode = configNode<LedgerNode>(RED, carried.ledger, "msg.document.ledger");
  const stores = await ledgerNode.stores();
  // A context store or a Function node may have left only the facts of the reference.
  if (!(carried.content instanceof ContentReference)) carried.content = ContentReference.from(carried.content, stores.spool);
  const { about } = carried;
  if (about && !(about.content instanceof ContentReference)) about.content = ContentReference.from(about.content, stores.spool);
  return { document: carried, stores, ledgerNode };
}

/** As `takeDocument`, for nodes that need a document to work on. Throws `invalid-message` when there is none. */
export async function requireDocumentOf(RED: NodeAPI, message: NodeMessage) {
  const taken = await takeDocument(RED, message);
  if (taken) return taken;
  throw new DocbridgeError("invalid-message", {
    message: "The message carries no msg.document. Wire this node behind an Exstream trigger or an archiving node.",
    subject: "msg.document",
  });
}
