import { useState } from "preact/hooks";
import type { ActionName, Selection } from "../../../core/ledger/console";
import { useConsole } from "../console-context.ts";
import { t } from "../i18n.ts";
import { ActionDialog } from "./action-dialog.tsx";
import { Button } from "./button.tsx";
import type { IconName } from "./icon.tsx";

const actionIcons: Record<ActionName, IconName> = {
  retry: "retry",
  accept: "check",
  replay: "replay",
  "route-again": "reroute",
  reject: "reject",
};

interface ActionsProps {
  actions: ActionName[];
  selection: Selection;
  small?: boolean;
  onDone(): void;
}

/** Buttons for what can be done with documents; none for who may only look. */
export function Actions({ actions, selection, small, onDone }: ActionsProps) {
  const { session } = useConsole();
  const [asked, setAsked] = useState<ActionName>();
  if (!session.canWrite) return null;
  return (
    <div class="row">
      {actions.map((action) => (
        <Button
          key={action}
          icon={actionIcons[action]}
          kind={action === "reject" ? "danger" : "plain"}
          small={small}
          onClick={() => setAsked(action)}
        >
          {t(`frame.action.${action}`)}
        </Button>
      ))}
      {asked && (
        <ActionDialog
          action={asked}
          selection={selection}
          onClose={() => setAsked(undefined)}
          onDone={() => {
            setAsked(undefined);
            onDone();
          }}
        />
      )}
    </div>
  );
}
