import { t } from "../i18n.ts";

export function Audit() {
  return <h1 tabIndex={-1}>{t("audit.title")}</h1>;
}
