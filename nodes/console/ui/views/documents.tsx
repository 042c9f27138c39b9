import { t } from "../i18n.ts";

export function Documents() {
  return <h1 tabIndex={-1}>{t("documents.title")}</h1>;
}
