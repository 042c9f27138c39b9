import { useEffect, useRef } from "preact/hooks";
import type { RouteTable } from "../../../core/routing/table";
import type { TableDetail } from "../../api-types";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { format, t } from "../i18n.ts";
import { DiffView } from "./diff-view.tsx";
import { contentOf } from "./working.ts";

interface ConflictProps {
  mine: RouteTable;
  theirs: TableDetail;
  busy: boolean;
  onTakeTheirs(): void;
  onKeepMine(): void;
}

/** Somebody else was faster. Nothing happens to either until the person has decided. */
export function Conflict({ mine, theirs, busy, onTakeTheirs, onKeepMine }: ConflictProps) {
  const element = useRef<HTMLElement>(null);
  useEffect(() => element.current?.scrollIntoView({ block: "nearest" }), []);
  return (
    <section class="card conflict" ref={element} aria-label={t("tables.conflict")}>
      <div class="row" role="alert">
        <Icon name="warning" />
        <h2>{whatHappened(theirs)}</h2>
      </div>
      <p>{t("tables.conflict-about")}</p>
      <h3>{t("tables.conflict-diff")}</h3>
      <DiffView before={mine} after={contentOf(theirs)} none={t("tables.conflict-same")} />
      <div class="row">
        <Button disabled={busy} onClick={onTakeTheirs}>
          {t("tables.take-theirs")}
        </Button>
        <Button disabled={busy} onClick={onKeepMine}>
          {t("tables.keep-mine")}
        </Button>
      </div>
      <p class="hint">{t("tables.conflict-hint")}</p>
    </section>
  );
}

function whatHappened({ draft, active }: TableDetail): string {
  if (draft) return t("tables.conflict-draft", { who: draft.author, time: format.dateTime(draft.updatedAt) });
  if (!active) return t("tables.conflict-discarded");
  return t("tables.conflict-gone", { who: active.author, version: active.version, time: format.dateTime(active.activatedAt) });
}
