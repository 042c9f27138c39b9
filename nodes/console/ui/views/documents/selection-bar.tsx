import type { DocumentState } from "../../../../core/document";
import { DOCUMENT_STATES } from "../../../../core/document.ts";
import type { Selection } from "../../../../core/ledger/console";
import { actionsFor } from "../../action-rules.ts";
import { Actions } from "../../components/actions.tsx";
import { Button } from "../../components/button.tsx";
import { counted, t } from "../../i18n.ts";

interface SelectionBarProps {
  /** How many, or all that the search finds, also on pages not shown. */
  chosen: number | "all";
  canChooseAll: boolean;
  /** States of what is chosen; undefined when it can be any. */
  states: DocumentState[] | undefined;
  selection: Selection;
  onAll(): void;
  onClear(): void;
  onDone(): void;
}

/** What can be done with the chosen documents; stays in sight while the list is scrolled. */
export function SelectionBar({ chosen, canChooseAll, states, selection, onAll, onClear, onDone }: SelectionBarProps) {
  return (
    <section class="selection-bar" aria-label={t("documents.selection")}>
      <p role="status">{chosen === "all" ? t("documents.chosen-all") : counted("documents.chosen", chosen)}</p>
      {canChooseAll && chosen !== "all" && (
        <Button small kind="quiet" onClick={onAll}>
          {t("documents.choose-all")}
        </Button>
      )}
      <Button small kind="quiet" icon="close" onClick={onClear}>
        {t("documents.clear")}
      </Button>
      <Actions small actions={actionsFor(states ?? DOCUMENT_STATES)} selection={selection} onDone={onDone} />
    </section>
  );
}
