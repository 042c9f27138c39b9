import { DocbridgeError } from "../core/errors";
import type { DocumentDetail, OrphanPage } from "../core/ledger/console";
import type { DocumentsReply, RunAssetsReply } from "./api-types";
import { sendContent } from "./content";
import { filterOfQuery, query, queryWhole } from "./requests";
import { type LedgerCall, ledgerApi, parameter, type Route } from "./routes";

export const documentRoutes: Route[] = [
  ledgerApi("get", "/documents", "docbridge.read", documents),
  ledgerApi("get", "/documents/:id", "docbridge.read", detail),
  ledgerApi("get", "/documents/:id/content", "docbridge.read", content),
  ledgerApi("get", "/batches/:batch/assets", "docbridge.read", runAssets),
  ledgerApi("get", "/orphans", "docbridge.read", orphans),
];

async function documents({ request, stores }: LedgerCall): Promise<DocumentsReply> {
  return stores.ledger.console.documents(filterOfQuery(request), queryWhole(request, "limit", 50, 1, 500), query(request, "after"));
}

async function detail(call: LedgerCall): Promise<DocumentDetail> {
  return (await call.stores.ledger.console.detail(parameter(call, "id"))) ?? unknownDocument();
}

async function content(call: LedgerCall): Promise<void> {
  const document = (await call.stores.ledger.get(parameter(call, "id"))) ?? unknownDocument();
  const bytes = await call.stores.spool.read(document.content.sha256);
  await sendContent(call.response, document.content, bytes, call.request.query.download !== undefined);
}

async function runAssets(call: LedgerCall): Promise<RunAssetsReply> {
  return { run: await call.stores.ledger.console.runAssets(parameter(call, "batch")) };
}

async function orphans({ request, stores }: LedgerCall): Promise<OrphanPage> {
  return stores.ledger.console.orphans(queryWhole(request, "limit", 50, 1, 500), query(request, "after"));
}

function unknownDocument(): never {
  throw new DocbridgeError("not-found", { message: "The ledger has no document with this id.", subject: "id" });
}
