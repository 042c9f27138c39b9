import type { ActionName, Selection } from "../core/ledger/console";
import type { ActionReply } from "./api-types";
import { bodyOf, type Fields, filterOf, idsOf, invalid, isOneOf, object, whyOf } from "./requests";
import { type LedgerCall, ledgerApi, type Route } from "./routes";

export const actionRoutes: Route[] = [
  ledgerApi("post", "/actions/preview", "docbridge.read", preview),
  ledgerApi("post", "/actions", "docbridge.write", act),
];

const ACTIONS: readonly ActionName[] = ["retry", "replay", "route-again", "reject", "accept"];

async function preview({ request, stores }: LedgerCall): Promise<ActionReply> {
  const { action, selection } = actionOf(bodyOf(request));
  return stores.ledger.console.preview(action, selection);
}

async function act({ request, node, stores, who }: LedgerCall): Promise<ActionReply> {
  const body = bodyOf(request);
  const { action, selection } = actionOf(body);
  // Many commits; a redeploy waits for them as long as it may.
  return node.lend(stores.ledger.console.act(action, selection, { who, why: whyOf(body.why) }));
}

function actionOf(body: Fields): { action: ActionName; selection: Selection } {
  if (!isOneOf(ACTIONS, body.action)) throw invalid("action", `must be one of ${ACTIONS.join(", ")}`);
  return { action: body.action, selection: selectionOf(object(body.selection, "selection")) };
}

/** Either ids or a filter: with both it would be open which of them counts. */
function selectionOf({ ids, filter, ...rest }: Fields): Selection {
  if (Object.keys(rest).length > 0 || (ids === undefined) === (filter === undefined)) {
    throw invalid("selection", "must have either 'ids' or 'filter', and nothing else");
  }
  return ids === undefined ? { filter: filterOf(object(filter, "selection.filter")) } : { ids: idsOf(ids, "selection.ids") };
}
