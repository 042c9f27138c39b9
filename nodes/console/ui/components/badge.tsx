import type { ComponentChildren } from "preact";
import type { DocumentState } from "../../../core/document";
import { t } from "../i18n.ts";
import { Icon, type IconName } from "./icon.tsx";

export type Tone = "neutral" | "good" | "busy" | "wait" | "bad";

export function Badge({ tone = "neutral", icon, children }: { tone?: Tone; icon?: IconName; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

const looks: Record<DocumentState, { tone: Tone; icon?: IconName }> = {
  received: { tone: "neutral" },
  routed: { tone: "busy" },
  archiving: { tone: "busy" },
  archived: { tone: "busy" },
  closed: { tone: "good", icon: "check" },
  parked: { tone: "wait", icon: "history" },
  held: { tone: "wait", icon: "holds" },
  quarantined: { tone: "bad", icon: "failures" },
  conflict: { tone: "bad", icon: "copy" },
  rejected: { tone: "neutral", icon: "reject" },
};

/** A document's state, never by its colour alone. */
export function State({ state }: { state: DocumentState }) {
  const { tone, icon } = looks[state];
  return (
    <Badge tone={tone} {...(icon ? { icon } : {})}>
      {t(`frame.state.${state}`)}
    </Badge>
  );
}

/** Whether a hash chain holds, and where it breaks. */
export function ChainBadge({ brokenAt }: { brokenAt: number | undefined }) {
  if (brokenAt === undefined) {
    return (
      <Badge tone="good" icon="audit">
        {t("frame.chain-holds")}
      </Badge>
    );
  }
  return (
    <Badge tone="bad" icon="warning">
      {t("frame.chain-broken", { seq: String(brokenAt) })}
    </Badge>
  );
}
