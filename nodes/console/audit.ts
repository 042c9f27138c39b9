import type { AuditPage } from "./api-types";
import { query, queryWhole, whole } from "./requests";
import { type LedgerCall, ledgerApi, type Route } from "./routes";

export const auditRoutes: Route[] = [ledgerApi("get", "/audit", "docbridge.read", audit)];

async function audit({ request, stores }: LedgerCall): Promise<AuditPage> {
  const before = query(request, "before");
  const limit = queryWhole(request, "limit", 100, 1, 500);
  const [entries, brokenAt] = await Promise.all([
    stores.ledger.console.audit(limit, before === undefined ? undefined : whole(before, "before", 1)),
    stores.ledger.console.brokenAudit(),
  ]);
  return { entries, ...(brokenAt === undefined ? {} : { brokenAt }) };
}
