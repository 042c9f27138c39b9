import { useState } from "preact/hooks";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { t } from "../i18n.ts";

interface LeaveDialogProps {
  /** Where the person wants to go. */
  hash: string;
  save(): Promise<boolean>;
  onStay(): void;
}

/** There are changes that nobody has saved. */
export function LeaveDialog({ hash, save, onStay }: LeaveDialogProps) {
  const [busy, setBusy] = useState(false);
  const leave = () => {
    location.hash = hash;
  };

  async function saveAndLeave(): Promise<void> {
    setBusy(true);
    if (await save()) leave();
    else onStay();
  }

  return (
    <Dialog
      title={t("tables.leave-title")}
      onClose={onStay}
      onSubmit={saveAndLeave}
      foot={
        <>
          <Button onClick={onStay}>{t("tables.leave-stay")}</Button>
          <Button kind="danger" onClick={leave}>
            {t("tables.leave-discard")}
          </Button>
          <Button type="submit" kind="primary" disabled={busy}>
            {t("tables.leave-save")}
          </Button>
        </>
      }
    >
      <p>{t("tables.leave-about")}</p>
    </Dialog>
  );
}
