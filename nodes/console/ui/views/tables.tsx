import { t } from "../i18n.ts";

export function Tables() {
  return <h1 tabIndex={-1}>{t("tables.title")}</h1>;
}
