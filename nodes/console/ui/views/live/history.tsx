import { useState } from "preact/hooks";
import type { ThroughputPoint } from "../../../../core/ledger/console";
import { api } from "../../api.ts";
import { Button } from "../../components/button.tsx";
import { ErrorNote } from "../../components/notes.tsx";
import { useConsole } from "../../console-context.ts";
import { useEvery, useLoad } from "../../hooks.ts";
import { counted, format, t } from "../../i18n.ts";
import { Chart } from "./chart.tsx";

const spans = [1, 6, 24] as const;
const refreshMs = 10_000;
export const series = ["received", "closed", "quarantined"] as const;

/** The last hours as a chart, and in words. */
export function History() {
  const { ledger } = useConsole();
  const [hours, setHours] = useState<(typeof spans)[number]>(1);
  const [pointed, setPointed] = useState<ThroughputPoint>();
  const { data, failure, reload } = useLoad((signal) => api.throughput(ledger, hours, signal), [ledger, hours]);
  useEvery(refreshMs, reload);
  return (
    <section class="card" aria-labelledby="history">
      <div class="card-head">
        <h2 id="history">{t("live.history")}</h2>
        <fieldset class="choice">
          <legend class="unseen">{t("live.span")}</legend>
          {spans.map((span) => (
            <Button key={span} small pressed={span === hours} onClick={() => setHours(span)}>
              {counted("live.hours", span)}
            </Button>
          ))}
        </fieldset>
      </div>
      {failure && <ErrorNote failure={failure} onRetry={reload} />}
      <figure class="history">
        <Chart points={data ?? []} onPoint={setPointed} />
        <figcaption>
          <ul class="legend">
            {series.map((name) => (
              <li key={name} class={`legend-${name}`}>
                <span>{t(`live.series.${name}`)}</span>
                <b>{format.number(pointed ? pointed[name] : sum(data ?? [], name))}</b>
              </li>
            ))}
            <li class="legend-when">{pointed ? format.clock(pointed.at) : counted("live.in-all", hours)}</li>
          </ul>
          {data && data.length > 0 && <p class="unseen">{inWords(data, hours)}</p>}
        </figcaption>
      </figure>
    </section>
  );
}

function sum(points: ThroughputPoint[], name: (typeof series)[number]): number {
  return points.reduce((total, point) => total + point[name], 0);
}

/** The chart for who does not see it. */
function inWords(points: ThroughputPoint[], hours: number): string {
  const most = points.reduce((best, point) => (point.closed > best.closed ? point : best));
  return t("live.history-text", {
    span: counted("live.hours", hours),
    received: sum(points, "received"),
    closed: sum(points, "closed"),
    quarantined: sum(points, "quarantined"),
    most: most.closed,
    at: format.clock(most.at),
  });
}
