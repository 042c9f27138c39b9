import type { LedgerEvent } from "../../../../core/ledger/chain";
import { Badge, type Tone } from "../../components/badge.tsx";
import { Icon, type IconName } from "../../components/icon.tsx";
import { Moment } from "../../components/time.tsx";
import { eventText } from "../../event-text.ts";
import { format, known, t } from "../../i18n.ts";

const looks: Record<string, { icon: IconName; tone: Tone }> = {
  received: { icon: "download", tone: "neutral" },
  released: { icon: "play", tone: "neutral" },
  routed: { icon: "tables", tone: "busy" },
  "rule-failed": { icon: "warning", tone: "wait" },
  intent: { icon: "upload", tone: "neutral" },
  receipt: { icon: "check", tone: "good" },
  verified: { icon: "audit", tone: "good" },
  amended: { icon: "check", tone: "good" },
  archived: { icon: "documents", tone: "good" },
  closed: { icon: "check", tone: "good" },
  "retry-planned": { icon: "history", tone: "wait" },
  parked: { icon: "history", tone: "wait" },
  held: { icon: "holds", tone: "wait" },
  "variants-awaited": { icon: "holds", tone: "wait" },
  "variants-released": { icon: "release", tone: "busy" },
  "hold-released": { icon: "release", tone: "busy" },
  "recall-promised": { icon: "history", tone: "wait" },
  recalled: { icon: "check", tone: "good" },
  lifecycle: { icon: "info", tone: "neutral" },
  "disposition-scheduled": { icon: "history", tone: "wait" },
  "disposition-stopped": { icon: "holds", tone: "wait" },
  destroyed: { icon: "reject", tone: "bad" },
  quarantined: { icon: "failures", tone: "bad" },
  conflict: { icon: "copy", tone: "bad" },
  retried: { icon: "retry", tone: "busy" },
  replayed: { icon: "replay", tone: "busy" },
  "route-again": { icon: "reroute", tone: "busy" },
  rejected: { icon: "reject", tone: "bad" },
  delivery: { icon: "release", tone: "good" },
  correlated: { icon: "documents", tone: "neutral" },
  "document-awaited": { icon: "holds", tone: "wait" },
  accepted: { icon: "check", tone: "busy" },
};

/** Everything that happened to the document, in words, the newest last. */
export function Timeline({ events, brokenAt }: { events: LedgerEvent[]; brokenAt: number | undefined }) {
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">{t("documents.timeline")}</h2>
      <ol class="timeline">
        {events.map((event) => (
          <Event key={event.seq} event={event} broken={event.seq === brokenAt} />
        ))}
      </ol>
    </section>
  );
}

function Event({ event: { seq, at, type, data, hash }, broken }: { event: LedgerEvent; broken: boolean }) {
  const { icon, tone } = (Object.hasOwn(looks, type) && looks[type]) || { icon: "info", tone: "neutral" };
  const { key, values } = eventText(type, data);
  for (const name of ["eta", "until", "availableFrom"]) {
    if (typeof data[name] === "string") values[name] = format.dateTime(Date.parse(data[name]));
  }
  if (typeof data.nextAt === "number") values.nextAt = format.dateTime(data.nextAt);
  if (typeof data.at === "string") values.at = format.dateTime(Date.parse(data.at));
  if (typeof data.code === "string") values.cause = known("codes", data.code) ?? data.code;
  if (typeof data.channel === "string") values.channel = known("documents", `channel.${data.channel}`) ?? data.channel;
  const { why, message } = values;
  return (
    <li>
      <span class={`event-mark ${tone}`}>
        <Icon name={icon} />
      </span>
      <div class="event">
        <p>
          {known("events", key, values) ?? t("documents.unknown-event", { type })}
          {broken && (
            <>
              {" "}
              <Badge tone="bad" icon="warning">
                {t("documents.broken-here")}
              </Badge>
            </>
          )}
        </p>
        {(why || message) && <p class="event-words">{why || message}</p>}
        <details>
          <summary>
            <Moment at={Date.parse(at)} />
          </summary>
          <pre>{JSON.stringify({ seq, type, ...data, hash }, null, 2)}</pre>
        </details>
      </div>
    </li>
  );
}
