import { useConsole } from "../console-context.ts";
import { t } from "../i18n.ts";

const tabs = ["rules", "dry-run", "history"] as const;
export type Tab = (typeof tabs)[number];

export function isTab(name: string | null): name is Tab {
  return tabs.some((tab) => tab === name);
}

/** The parts of a table's page, each with an address of its own. */
export function Tabs({ table, current }: { table: string; current: Tab }) {
  const { link, session } = useConsole();
  // A dry run changes nothing, but it runs the expressions of whoever asks for it.
  const shown = tabs.filter((tab) => tab !== "dry-run" || session.canWrite);
  return (
    <nav class="tabs" aria-label={t("tables.tabs")}>
      {shown.map((tab) => (
        <a key={tab} href={link("tables", table, tab === "rules" ? {} : { tab })} aria-current={tab === current ? "page" : undefined}>
          {t(`tables.tab.${tab}`)}
        </a>
      ))}
    </nav>
  );
}
