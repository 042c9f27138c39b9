import { ContentReference } from "../content/reference";
import type { DocbridgeDocument } from "../document";
import type { RoutingFacts } from "../ledger/console";
import type { RoutingView } from "./paths";

/** What rules see of a document: plain data, the same for a document in a message and for its facts in the ledger. */
export function routingView(document: DocbridgeDocument | RoutingFacts): RoutingView {
  const { key, businessKey, batch, source, content, metadata, variant } = document;
  return { key, businessKey, batch, source, content: content instanceof ContentReference ? content.toJSON() : content, metadata, variant };
}
