import { useId, useState } from "preact/hooks";
import type { Hold } from "../../../core/ledger/routing";
import { api } from "../api.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { Field } from "../components/field.tsx";
import { Note } from "../components/notes.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { useLoad } from "../hooks.ts";
import { t } from "../i18n.ts";

interface HoldDialogProps {
  /** What is held already. */
  held: readonly Hold[];
  onDone(): void;
  onClose(): void;
}

/** Which destination, and why. */
export function HoldDialog({ held, onDone, onClose }: HoldDialogProps) {
  const { ledger, notify } = useConsole();
  const { figures } = useWatched();
  const offered = useLoad((signal) => offeredNames(ledger, signal), [ledger]);
  const [typed, setTyped] = useState("");
  const names = useId();
  const destination = typed.trim();
  const known = [...new Set([...(offered.data ?? []), ...(figures?.destinations ?? []).map(({ name }) => name)])].toSorted();
  const isHeld = held.some((hold) => hold.inForce && hold.destination === destination);
  const isUnknown = destination !== "" && offered.data !== undefined && !known.includes(destination);

  async function hold(why: string): Promise<void> {
    await api.hold(ledger, { destination, why });
    notify(t("holds.held", { destination }));
    onDone();
  }

  return (
    <ConfirmDialog
      title={t("holds.hold-title")}
      confirmLabel={t("holds.hold")}
      ready={destination !== "" && !isHeld}
      onConfirm={hold}
      onClose={onClose}
    >
      <p>{t("holds.hold-about")}</p>
      <Field
        label={t("holds.destination")}
        hint={t("holds.destination-hint")}
        {...(isHeld ? { wrong: t("holds.already", { destination }) } : {})}
      >
        {(control) => (
          <input
            {...control}
            list={names}
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Field>
      <datalist id={names}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {isUnknown && <Note kind="warning">{t("holds.unknown", { destination })}</Note>}
    </ConfirmDialog>
  );
}

/** What the routers of all tables offer, with the names under which receipts are owed for it. */
async function offeredNames(ledger: string, signal: AbortSignal): Promise<string[]> {
  const tables = await api.tables(ledger, signal);
  const details = await Promise.all(tables.map(({ table }) => api.table(ledger, table, signal)));
  return details.flatMap(({ destinations }) => destinations.flatMap(({ name, targets }) => [name, ...targets]));
}
