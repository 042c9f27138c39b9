import { api } from "../api.ts";
import { LinkButton } from "../components/button.tsx";
import { ErrorNote, Loading } from "../components/notes.tsx";
import { useConsole } from "../console-context.ts";
import { useLoad } from "../hooks.ts";
import { t } from "../i18n.ts";
import { TableEditor } from "./table-editor.tsx";
import { isTab } from "./tabs.tsx";

/** One route table: its rules, a dry run of them, its history. */
export function TablePage({ name, query }: { name: string; query: URLSearchParams }) {
  const { ledger, link } = useConsole();
  const { data, failure, reload } = useLoad((signal) => api.table(ledger, name, signal), [ledger, name]);
  const tab = query.get("tab");

  return (
    <>
      <div class="back">
        <LinkButton kind="quiet" small icon="back" href={link("tables")}>
          {t("tables.title")}
        </LinkButton>
      </div>
      {data ? <TableEditor first={data} tab={isTab(tab) ? tab : "rules"} /> : <h1 tabIndex={-1}>{name}</h1>}
      {!data && !failure && <Loading />}
      {failure && <ErrorNote failure={failure} onRetry={reload} />}
    </>
  );
}
