import type { ComponentChildren } from "preact";
import type { ConsoleFigures } from "../../../api-types";
import { Icon } from "../../components/icon.tsx";
import { useConsole } from "../../console-context.ts";
import { counted, format, t } from "../../i18n.ts";

export function KeyFigures({ figures, perSecond }: { figures: ConsoleFigures; perSecond: number | undefined }) {
  const { link } = useConsole();
  const { byState, waiting, leased, oldestWaitingAt, at } = figures;
  const failed = (byState.quarantined ?? 0) + (byState.conflict ?? 0);
  const held = byState.held ?? 0;
  const rate = perSecond === undefined ? undefined : format.rate(perSecond);
  return (
    <dl class="key-figures">
      <Figure
        name={t("live.throughput")}
        about={rate?.per === "second" ? t("live.per-minute", { n: Math.round((perSecond ?? 0) * 60) }) : t("live.closed-documents")}
      >
        {rate ? (
          <>
            {rate.value}
            <small>{t(`live.per.${rate.per}`)}</small>
          </>
        ) : (
          "–"
        )}
      </Figure>
      <Figure name={t("live.waiting")} about={t("live.waiting-about")}>
        {format.compact(waiting)}
      </Figure>
      <Figure name={t("live.oldest")} about={t("live.oldest-about")}>
        {oldestWaitingAt === undefined ? "–" : format.duration(at - oldestWaitingAt)}
      </Figure>
      <Figure name={t("live.in-flight")} about={t("live.in-flight-about")}>
        {format.number(leased)}
      </Figure>
      <Figure
        name={t("live.quarantined")}
        tone={failed > 0 ? "bad" : "calm"}
        about={failed > 0 ? <a href={link("failures")}>{t("live.see-failures")}</a> : t("live.nothing-failed")}
      >
        {failed > 0 && <Icon name="failures" />}
        {format.compact(failed)}
      </Figure>
      <Figure
        name={t("live.held")}
        tone={held > 0 ? "wait" : "calm"}
        about={
          figures.holds.length > 0 ? <a href={link("holds")}>{counted("live.holds", figures.holds.length)}</a> : t("live.nothing-held")
        }
      >
        {held > 0 && <Icon name="holds" />}
        {format.compact(held)}
      </Figure>
    </dl>
  );
}

interface FigureProps {
  name: string;
  about: ComponentChildren;
  tone?: "calm" | "bad" | "wait";
  children: ComponentChildren;
}

function Figure({ name, about, tone = "calm", children }: FigureProps) {
  return (
    <div class={`figure ${tone}`}>
      <dt>{name}</dt>
      <dd class="figure-value">{children}</dd>
      <dd class="figure-about">{about}</dd>
    </div>
  );
}
