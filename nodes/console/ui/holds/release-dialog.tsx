import { useState } from "preact/hooks";
import type { Hold } from "../../../core/ledger/routing";
import { api } from "../api.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { Field } from "../components/field.tsx";
import { useConsole } from "../console-context.ts";
import { counted, format, t } from "../i18n.ts";

/** Documents a second, as the API takes it. */
const fastest = 10_000;

interface ReleaseDialogProps {
  hold: Hold;
  onDone(): void;
  onClose(): void;
}

/** How many documents go, and how fast. */
export function ReleaseDialog({ hold: { destination, documents, inForce }, onDone, onClose }: ReleaseDialogProps) {
  const { ledger, notify } = useConsole();
  const [rate, setRate] = useState("");
  const perSecond = rate.trim() === "" ? undefined : Number(rate);
  const isWrong = perSecond !== undefined && !(perSecond > 0 && perSecond <= fastest);

  async function release(why: string): Promise<void> {
    const released = await api.releaseHold(ledger, { destination, why, ...(perSecond === undefined ? {} : { perSecond }) });
    notify(counted("holds.released", released.documents, { destination }));
    onDone();
  }

  return (
    <ConfirmDialog
      title={t("holds.release-title", { destination })}
      confirmLabel={t("holds.release")}
      ready={!isWrong}
      onConfirm={release}
      onClose={onClose}
    >
      <div class="touched">
        <strong>{counted("holds.will-go", documents)}</strong>
        <span>{t(inForce ? "holds.release-about" : "holds.release-rules-about")}</span>
      </div>
      <Field
        label={t("holds.rate")}
        hint={
          perSecond && !isWrong && documents > 0
            ? t("holds.rate-takes", { duration: format.duration((documents / perSecond) * 1000) })
            : t("holds.rate-hint")
        }
        {...(isWrong ? { wrong: t("holds.rate-wrong") } : {})}
      >
        {(control) => (
          <input
            {...control}
            type="number"
            min={0}
            step="any"
            inputMode="decimal"
            value={rate}
            onInput={(event) => setRate(event.currentTarget.value)}
          />
        )}
      </Field>
    </ConfirmDialog>
  );
}
