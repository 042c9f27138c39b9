import { useEffect, useRef } from "preact/hooks";
import type { BatchSummary } from "../../../../core/ledger/console";
import { api } from "../../api.ts";
import { Badge } from "../../components/badge.tsx";
import { Empty, ErrorNote, Loading } from "../../components/notes.tsx";
import { Progress } from "../../components/progress.tsx";
import { Ago } from "../../components/time.tsx";
import { useConsole } from "../../console-context.ts";
import { useEvery, useLoad } from "../../hooks.ts";
import { counted, format, t } from "../../i18n.ts";
import { createPace, type Pace, timeToGo } from "../../pace.ts";

const shown = 8;
const refreshMs = 2000;
const paceWindowMs = 30_000;

export function Batches() {
  const { ledger } = useConsole();
  const { data, failure, reload } = useLoad((signal) => api.batches(ledger, shown, signal), [ledger]);
  useEvery(refreshMs, reload);
  const paces = usePaces(data);
  return (
    <section class="card" aria-labelledby="batches">
      <h2 id="batches">{t("live.batches")}</h2>
      {failure && <ErrorNote failure={failure} onRetry={reload} />}
      {!data && !failure && <Loading />}
      {data?.length === 0 && <Empty title={t("live.no-batches")}>{t("live.no-batches-about")}</Empty>}
      {data && data.length > 0 && (
        <ul class="batches">
          {data.map((batch) => (
            <Batch key={batch.id} batch={batch} perSecond={paces.get(batch.id)?.perSecond()} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** A pace for each batch that is shown. */
function usePaces(batches: BatchSummary[] | undefined): Map<string, Pace> {
  const paces = useRef(new Map<string, Pace>());
  useEffect(() => {
    const at = Date.now();
    for (const { id, ended } of batches ?? []) {
      const pace = paces.current.get(id) ?? createPace(paceWindowMs);
      pace.note(at, ended);
      paces.current.set(id, pace);
    }
  }, [batches]);
  return paces.current;
}

function Batch({ batch, perSecond }: { batch: BatchSummary; perSecond: number | undefined }) {
  const { link } = useConsole();
  const { id, byState, documents, ended, expected, closedAt } = batch;
  const whole = Math.max(expected ?? 0, documents);
  const bad = (byState.quarantined ?? 0) + (byState.conflict ?? 0);
  return (
    <li class="batch">
      <div class="batch-name">
        <a href={link("documents", undefined, { batch: id })}>{id}</a>
        {bad > 0 && (
          <a class="badge-link" href={link("documents", undefined, { batch: id, state: "quarantined,conflict" })}>
            <Badge tone="bad" icon="failures">
              {counted("live.batch-failed", bad)}
            </Badge>
          </a>
        )}
      </div>
      <Progress label={t("live.batch-progress", { batch: id })} value={ended} max={whole} bad={bad} />
      <p class="batch-count">
        {expected === undefined ? t("live.batch-of-unknown", { ended, documents }) : t("live.batch-of", { ended, expected })}
        {expected !== undefined && whole > 0 && <span class="batch-share"> · {format.percent(ended / whole)}</span>}
      </p>
      <p class="batch-pace">{closedAt === undefined ? <Pacing left={whole - ended} perSecond={perSecond} /> : <Closed at={closedAt} />}</p>
    </li>
  );
}

function Closed({ at }: { at: number }) {
  return (
    <>
      {t("live.batch-closed")} <Ago at={at} />
    </>
  );
}

function Pacing({ left, perSecond }: { left: number; perSecond: number | undefined }) {
  if (left <= 0) return <>{t("live.batch-waits")}</>;
  if (perSecond === undefined) return <>{t("live.batch-measuring")}</>;
  const rate = format.rate(perSecond);
  const toGo = timeToGo(left, perSecond);
  const speed = `${rate.value}${t(`live.per.${rate.per}`)}`;
  if (toGo === undefined) return <>{t("live.batch-stands")}</>;
  return <>{t("live.batch-to-go", { speed, time: format.duration(toGo) })}</>;
}
