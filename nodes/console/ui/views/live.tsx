import { useMemo } from "preact/hooks";
import { Loading, Note } from "../components/notes.tsx";
import { Ago } from "../components/time.tsx";
import { useWatched } from "../console-context.ts";
import { t } from "../i18n.ts";
import { createPace } from "../pace.ts";
import { Batches } from "./live/batches.tsx";
import { Destinations } from "./live/destinations.tsx";
import { History } from "./live/history.tsx";
import { KeyFigures } from "./live/key-figures.tsx";

const paceWindowMs = 30_000;

/** What goes on now; drawn anew with every event of the stream, which is at most once a second. */
export function Live() {
  const { figures, connection } = useWatched();
  const pace = useMemo(() => createPace(paceWindowMs), []);
  const perSecond = useMemo(() => {
    if (figures) pace.note(figures.at, figures.byState.closed ?? 0);
    return pace.perSecond();
  }, [figures, pace]);

  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t("live.title")}</h1>
      </div>
      {connection === "lost" && (
        <Note kind="warning">
          {t("live.lost")} {figures && <Ago at={figures.at} />}
        </Note>
      )}
      {figures ? (
        <>
          <KeyFigures figures={figures} perSecond={perSecond} />
          <History />
          <Batches />
          <Destinations figures={figures} />
        </>
      ) : (
        <Loading />
      )}
    </>
  );
}
