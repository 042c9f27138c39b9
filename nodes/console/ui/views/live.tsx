import { t } from "../i18n.ts";

export function Live() {
  return <h1 tabIndex={-1}>{t("live.title")}</h1>;
}
