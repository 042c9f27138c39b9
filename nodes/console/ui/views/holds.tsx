import { t } from "../i18n.ts";

export function Holds() {
  return <h1 tabIndex={-1}>{t("holds.title")}</h1>;
}
