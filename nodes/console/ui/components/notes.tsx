import type { ComponentChildren } from "preact";
import type { ApiFailure } from "../api.ts";
import { known, t } from "../i18n.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

/** Nothing to show, which may be good news. */
export function Empty({ icon = "info", title, children }: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

export function Loading() {
  return (
    <p class="loading" role="status">
      {t("frame.loading")}
    </p>
  );
}

/** What the API answered instead, and what to do. */
export function ErrorNote({ failure, onRetry }: { failure: ApiFailure; onRetry?: () => void }) {
  const told = known("frame", `error.${failure.reply.code}`);
  return (
    <div class="note bad" role="alert">
      <Icon name="warning" />
      <div>
        <p>{told ?? failure.reply.message}</p>
        <p class="note-code">{failure.reply.code}</p>
      </div>
      {onRetry && (
        <Button small icon="retry" onClick={onRetry}>
          {t("frame.try-again")}
        </Button>
      )}
    </div>
  );
}

/** A remark beside the things it is about. */
export function Note({ kind = "info", children }: { kind?: "info" | "warning" | "bad"; children: ComponentChildren }) {
  return (
    <div class={`note ${kind}`}>
      <Icon name={kind === "info" ? "info" : "warning"} />
      <div>{children}</div>
    </div>
  );
}
