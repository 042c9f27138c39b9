import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ApiFailure } from "../api.ts";
import { asFailure } from "../hooks.ts";
import { t } from "../i18n.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { ErrorNote } from "./notes.tsx";

interface ConfirmDialogProps {
  title: string;
  /** What will happen, and to how much. */
  children: ComponentChildren;
  confirmLabel: string;
  danger?: boolean;
  wide?: boolean;
  /** What the reason is called here, and what becomes of it. */
  whyLabel?: string;
  whyHint?: string;
  /** False while it is not known yet whether there is anything to confirm, or when there is nothing. */
  ready?: boolean;
  /** The reason goes into the audit log. Carries it out; what it throws is shown and the dialog stays. */
  onConfirm(why: string): Promise<void>;
  onClose(): void;
}

/** Asks for the reason before anything is changed, and stays until it is done. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirmLabel, danger, wide, ready = true, onConfirm, onClose } = props;
  const { whyLabel = t("frame.why"), whyHint = t("frame.why-hint") } = props;
  const [why, setWhy] = useState("");
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();

  async function confirm(): Promise<void> {
    if (busy || !ready) return;
    setMissing(why.trim() === "");
    if (why.trim() === "") return;
    setBusy(true);
    setFailure(undefined);
    await onConfirm(why.trim()).catch((thrown: unknown) => setFailure(asFailure(thrown)));
    setBusy(false);
  }

  return (
    <Dialog
      title={title}
      {...(wide ? { wide } : {})}
      onClose={onClose}
      onSubmit={confirm}
      foot={
        <>
          <Button onClick={onClose}>{t("frame.cancel")}</Button>
          <Button type="submit" kind={danger ? "danger" : "primary"} disabled={busy || !ready}>
            {busy ? t("frame.working") : confirmLabel}
          </Button>
        </>
      }
    >
      {children}
      <Field label={whyLabel} hint={whyHint} {...(missing ? { wrong: t("frame.why-missing") } : {})}>
        {(control) => (
          <textarea {...control} autofocus rows={3} maxLength={500} value={why} onInput={(event) => setWhy(event.currentTarget.value)} />
        )}
      </Field>
      {failure && <ErrorNote failure={failure} />}
    </Dialog>
  );
}
