import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DocumentRow, Selection } from "../../../core/ledger/console";
import { api } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Empty, ErrorNote, Loading } from "../components/notes.tsx";
import { useConsole } from "../console-context.ts";
import { counted, t } from "../i18n.ts";
import { usePages } from "../pages.ts";
import { readSearch, searchFilter, searchQuery } from "../search.ts";
import { Document } from "./document.tsx";
import { DocumentTable } from "./documents/document-table.tsx";
import { SearchForm } from "./documents/search-form.tsx";
import { SelectionBar } from "./documents/selection-bar.tsx";
import type { ViewProps } from "./index.ts";

const pageSize = 50;

export function Documents({ item, query }: ViewProps) {
  const lastSearch = useRef<URLSearchParams>(undefined);
  if (item === undefined) lastSearch.current = query;
  const back = Object.fromEntries(lastSearch.current ?? []);
  return item === undefined ? <DocumentSearch query={query} /> : <Document key={item} id={item} back={back} />;
}

function DocumentSearch({ query }: { query: URLSearchParams }) {
  const { ledger, go, session } = useConsole();
  const asked = query.toString();
  const search = useMemo(() => readSearch(new URLSearchParams(asked)), [asked]);
  const filter = useMemo(() => searchFilter(search), [search]);
  const pages = usePages(
    async (after: string | undefined, signal) => {
      const { documents, next } = await api.documents(ledger, filter, { limit: pageSize, ...(after ? { after } : {}) }, signal);
      return { rows: documents, next };
    },
    [ledger, filter],
  );
  const [chosen, setChosen] = useState<ReadonlySet<string> | "all">(new Set<string>());
  // Another search finds other documents.
  useLayoutEffect(() => setChosen(new Set<string>()), [asked, ledger]);

  const isChosen = ({ id }: DocumentRow) => chosen === "all" || chosen.has(id);
  const toggle = (row: DocumentRow) => {
    const next = new Set(chosen === "all" ? pages.rows.map(({ id }) => id) : chosen);
    if (!next.delete(row.id)) next.add(row.id);
    setChosen(next);
  };
  const allShown = pages.rows.length > 0 && pages.rows.every(isChosen);
  const toggleAll = () => setChosen(allShown ? new Set<string>() : new Set(pages.rows.map(({ id }) => id)));
  const selection: Selection = chosen === "all" ? { filter } : { ids: [...chosen] };
  const states = chosen === "all" ? filter.states : pages.rows.filter(isChosen).map(({ state }) => state);

  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t("documents.title")}</h1>
      </div>
      <SearchForm search={search} onSearch={(wanted) => go("documents", undefined, searchQuery(wanted))} />
      <section class="card" aria-labelledby="found">
        <div class="card-head">
          <h2 id="found">{pages.rows.length > 0 ? counted("documents.shown", pages.rows.length) : t("documents.found")}</h2>
          <Button small icon="retry" onClick={pages.reload}>
            {t("documents.refresh")}
          </Button>
        </div>
        {pages.rows.length > 0 && (
          <DocumentTable
            rows={pages.rows}
            {...(session.canWrite ? { selection: { isSelected: isChosen, toggle, all: allShown, toggleAll } } : {})}
          />
        )}
        {pages.failure && <ErrorNote failure={pages.failure} onRetry={pages.reload} />}
        {pages.loading && <Loading />}
        {!pages.loading && !pages.failure && pages.rows.length === 0 && (
          <Empty icon="search" title={t("documents.none")}>
            {t("documents.none-about")}
          </Empty>
        )}
        {pages.more && !pages.loading && (
          <div>
            <Button icon="down" onClick={pages.more}>
              {t("documents.more")}
            </Button>
          </div>
        )}
      </section>
      {(chosen === "all" || chosen.size > 0) && (
        <SelectionBar
          chosen={chosen === "all" ? "all" : chosen.size}
          canChooseAll={allShown && pages.more !== undefined}
          states={states}
          selection={selection}
          onAll={() => setChosen("all")}
          onClear={() => setChosen(new Set<string>())}
          onDone={() => {
            setChosen(new Set<string>());
            pages.reload();
          }}
        />
      )}
    </>
  );
}
