import { useMemo } from "preact/hooks";
import { Loading, Note } from "../components/notes.tsx";
import { Moment } from "../components/time.tsx";
import { useWatched } from "../console-context.ts";
import { useNow } from "../hooks.ts";
import { t } from "../i18n.ts";
import { createPace } from "../pace.ts";
import { Batches } from "./live/batches.tsx";
import { Destinations } from "./live/destinations.tsx";
import { History } from "./live/history.tsx";
import { KeyFigures } from "./live/key-figures.tsx";

const paceWindowMs = 30_000;

/**
 * What goes on now; drawn anew with every event of the stream, which is at most once a second. The stream is silent while
 * nothing changes: the clock goes on all the same.
 */
export function Live() {
  const { figures, receivedAt, connection } = useWatched();
  const now = Math.max(useNow(), receivedAt);
  const pace = useMemo(() => createPace(paceWindowMs), []);
  const perSecond = useMemo(() => {
    if (figures && connection === "open") pace.note(now, figures.byState.closed ?? 0);
    return pace.perSecond();
  }, [figures, connection, now, pace]);
  const current = figures && { ...figures, at: figures.at + (now - receivedAt) };

  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t("live.title")}</h1>
      </div>
      {connection === "lost" && (
        <Note kind="warning">
          {t("live.lost")} {figures && <Moment at={receivedAt} />}
        </Note>
      )}
      {current ? (
        <>
          <KeyFigures figures={current} perSecond={perSecond} />
          <History />
          <Batches />
          <Destinations figures={current} />
        </>
      ) : (
        <Loading />
      )}
    </>
  );
}
