import { useId, useState } from "preact/hooks";
import type { OfferedDestination, TableProblem } from "../../../core/routing/table";
import { Badge } from "../components/badge.tsx";
import { Icon } from "../components/icon.tsx";
import { t } from "../i18n.ts";
import { sameValue, toggleDestination } from "./model.ts";
import { problemText } from "./texts.ts";

interface WrongsProps {
  id?: string;
  problems: readonly TableProblem[];
  text?: (problem: TableProblem) => string;
}

/** What is wrong with the thing above it. */
export function Wrongs({ id, problems, text = problemText }: WrongsProps) {
  if (problems.length === 0) return null;
  return (
    <ul class="wrongs" id={id}>
      {problems.map((problem) => (
        <li key={problem.code + problem.message} class={problem.severity}>
          <Icon name="warning" />
          <span>
            <span class="unseen">{t(`tables.severity.${problem.severity}`)}: </span>
            {text(problem)}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Switch({ label, on, onChange }: { label: string; on: boolean; onChange(on: boolean): void }) {
  return (
    <input
      type="checkbox"
      role="switch"
      class="switch"
      aria-label={label}
      title={label}
      checked={on}
      aria-checked={on}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

export function Check({ label, on, onChange }: { label: string; on: boolean; onChange(on: boolean): void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface DestinationBoxesProps {
  id: string;
  legend: string;
  hint?: string;
  chosen: readonly string[];
  offered: readonly OfferedDestination[];
  problems: readonly TableProblem[];
  onChange(chosen: string[]): void;
}

/** What the routers offer, to be ticked. A chosen one that no router offers stays to be seen until somebody takes it out. */
export function DestinationBoxes({ id, legend, hint, chosen, offered, problems, onChange }: DestinationBoxesProps) {
  const unknown = chosen.filter((name) => !offered.some((each) => each.name === name));
  const about = useId();
  return (
    <fieldset id={id} tabIndex={-1} class="destinations" aria-describedby={problems.length > 0 ? about : undefined}>
      <legend>{legend}</legend>
      {hint && <p class="hint">{hint}</p>}
      {offered.length === 0 && <p class="hint">{t("tables.nothing-offered")}</p>}
      <div class="boxes">
        {[...offered, ...unknown.map((name) => ({ name, label: "", targets: [] }))].map(({ name, label, targets }) => (
          <label key={name} class={`box${unknown.includes(name) ? " unknown" : ""}`}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) => onChange(toggleDestination(chosen, name, event.currentTarget.checked))}
            />
            <span>
              {label || name}
              {label !== "" && label !== name && <span class="mono muted"> {name}</span>}
              {targets.some((target) => target !== name) && <span class="muted targets">{targets.join(", ")}</span>}
            </span>
            {unknown.includes(name) && (
              <Badge tone="bad" icon="warning">
                {t("tables.not-offered")}
              </Badge>
            )}
          </label>
        ))}
      </div>
      <Wrongs id={about} problems={problems} />
    </fieldset>
  );
}

/**
 * The text of a field whose value is no text. While somebody types, the text is theirs (`1.` on the way to `1.5`); when the
 * value changes from elsewhere, as undo does it, the field follows.
 */
export function useTyped<T>(value: T, show: (value: T) => string, read: (text: string) => T): [text: string, type: (text: string) => T] {
  const [text, setText] = useState(() => show(value));
  const isCurrent = sameValue(read(text), value);
  return [
    isCurrent ? text : show(value),
    (typed) => {
      setText(typed);
      return read(typed);
    },
  ];
}
