import type { ActionName, ActionPreview, Selection } from "../../../core/ledger/console";
import { api } from "../api.ts";
import { useConsole } from "../console-context.ts";
import { useLoad } from "../hooks.ts";
import { counted, t } from "../i18n.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { ErrorNote, Loading } from "./notes.tsx";

interface ActionDialogProps {
  action: ActionName;
  selection: Selection;
  /** It was carried out. */
  onDone(): void;
  onClose(): void;
}

/** Says how many documents an action touches and passes over, asks why, carries it out, and says what was done. */
export function ActionDialog({ action, selection, onDone, onClose }: ActionDialogProps) {
  const { ledger, notify } = useConsole();
  const preview = useLoad(() => api.preview(ledger, { action, selection }), [ledger, action, selection]);

  async function carryOut(why: string): Promise<void> {
    const done = await api.act(ledger, { action, selection, why });
    notify(outcome(action, done));
    onDone();
  }

  return (
    <ConfirmDialog
      title={t(`frame.action.${action}`)}
      confirmLabel={t(`frame.action.${action}`)}
      danger={action === "reject"}
      ready={(preview.data?.documents ?? 0) > 0}
      onConfirm={carryOut}
      onClose={onClose}
    >
      <p>{t(`frame.action-about.${action}`)}</p>
      {preview.failure && <ErrorNote failure={preview.failure} onRetry={preview.reload} />}
      {!preview.data && !preview.failure && <Loading />}
      {preview.data && (
        <div class="touched">
          <strong>{counted("frame.touched", preview.data.documents)}</strong>
          {preview.data.passedOver > 0 && <span>{counted("frame.passed-over", preview.data.passedOver)}</span>}
        </div>
      )}
    </ConfirmDialog>
  );
}

function outcome(action: ActionName, { documents, passedOver }: ActionPreview): string {
  const done = counted(`frame.done.${action}`, documents);
  return passedOver === 0 ? done : `${done} ${counted("frame.passed-over", passedOver)}`;
}
