import { t } from "../i18n.ts";

export function Failures() {
  return <h1 tabIndex={-1}>{t("failures.title")}</h1>;
}
