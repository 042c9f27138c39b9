import { counted, t } from "./i18n.ts";

/** To what and to how much an entry of the audit log was done. */
export function auditText(data: Record<string, unknown>): string {
  const { table, version, destination, documents, passedOver, filter, begun, stopped, batch, assets } = data;
  const parts: string[] = [];
  if (begun === true) parts.push(t("audit.begun"));
  if (stopped === true) parts.push(t("audit.stopped"));
  if (typeof table === "string") parts.push(typeof version === "number" ? t("audit.table", { table, version: String(version) }) : table);
  if (typeof batch === "string") parts.push(batch);
  if (typeof assets === "number") parts.push(counted("audit.assets", assets));
  if (typeof destination === "string") parts.push(destination);
  if (typeof documents === "number") parts.push(counted("audit.documents", documents));
  if (typeof passedOver === "number" && passedOver > 0) parts.push(counted("audit.passed-over", passedOver));
  if (typeof filter === "object" && filter !== null) {
    const conditions = Object.entries(filter).map(([name, value]) => `${name} = ${[value].flat().join(", ")}`);
    parts.push(conditions.length === 0 ? t("audit.all") : conditions.join("; "));
  }
  return parts.join(" · ");
}
