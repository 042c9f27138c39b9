import { useId, useState } from "preact/hooks";
import type { RouteRule, RuleSettings, RuleWindow, TableProblem } from "../../../core/routing/table";
import { Field } from "../components/field.tsx";
import { t } from "../i18n.ts";
import { changeSettings } from "./model.ts";
import { MomentInput } from "./operand.tsx";
import { Check, useTyped, Wrongs } from "./parts.tsx";
import { anchor, problemsAt } from "./problems.ts";
import { tableTexts } from "./texts.ts";
import { settingsInWords } from "./words.ts";

interface RuleSettingsProps {
  rule: RouteRule;
  problems: readonly TableProblem[];
  onChange(settings: RuleSettings, field?: string): void;
}

/** What most rules do without; folded away, with what is set in words. */
export function SettingsOfRule({ rule, problems, onChange }: RuleSettingsProps) {
  const { settings } = rule;
  const [isOpen, setOpen] = useState(false);
  const words = settingsInWords(rule, tableTexts);
  const set = (change: Partial<RuleSettings>, field?: string) => onChange(changeSettings(rule, change), field);
  const ofPriority = problemsAt(problems, "priority", rule.id);
  const ofSample = problemsAt(problems, "samplePercent", rule.id);
  const ofWindow = problemsAt(problems, "window", rule.id);
  const hasProblems = ofPriority.length + ofSample.length + ofWindow.length > 0;

  return (
    <details class="settings" open={isOpen || hasProblems} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {t("tables.settings")}
        <span class="muted"> {words.length > 0 ? words.join(" · ") : t("tables.settings-none")}</span>
      </summary>
      <div class="settings-body">
        <Field label={t("tables.field.retentionClass")} hint={t("tables.retention-hint")}>
          {(control) => (
            <input
              {...control}
              value={settings.retentionClass ?? ""}
              onInput={(event) => set({ retentionClass: event.currentTarget.value }, "retentionClass")}
            />
          )}
        </Field>
        <div id={anchor("priority", rule.id)} tabIndex={-1}>
          <NumberSetting
            label={t("tables.field.priority")}
            hint={t("tables.priority-hint")}
            max={9}
            value={settings.priority}
            problems={ofPriority}
            onInput={(priority) => set({ priority }, "priority")}
          />
        </div>
        <div id={anchor("samplePercent", rule.id)} tabIndex={-1}>
          <NumberSetting
            label={t("tables.field.samplePercent")}
            hint={t("tables.sample-hint")}
            max={100}
            value={settings.samplePercent}
            problems={ofSample}
            onInput={(samplePercent) => set({ samplePercent }, "samplePercent")}
          />
        </div>
        <div class="field">
          <Check label={t("tables.field.hold")} on={settings.hold === true} onChange={(hold) => set({ hold })} />
          <p class="hint">{t("tables.hold-hint")}</p>
        </div>
        <WindowOfRule
          id={anchor("window", rule.id)}
          window={settings.window ?? {}}
          problems={ofWindow}
          onChange={(window, field) => set({ window }, field)}
        />
      </div>
    </details>
  );
}

interface NumberSettingProps {
  label: string;
  hint: string;
  max: number;
  value: number | undefined;
  problems: readonly TableProblem[];
  onInput(value: number | undefined): void;
}

const readNumber = (text: string) => (text.trim() === "" ? undefined : Number(text));

function NumberSetting({ label, hint, max, value, problems, onInput }: NumberSettingProps) {
  const [text, type] = useTyped(value, (each) => (each === undefined ? "" : String(each)), readNumber);
  return (
    <>
      <Field label={label} hint={hint}>
        {(control) => (
          <input
            {...control}
            type="number"
            min={0}
            max={max}
            step="any"
            aria-invalid={problems.length > 0}
            value={text}
            onInput={(event) => onInput(type(event.currentTarget.value))}
          />
        )}
      </Field>
      <Wrongs problems={problems} />
    </>
  );
}

interface WindowOfRuleProps {
  id: string;
  window: RuleWindow;
  problems: readonly TableProblem[];
  onChange(window: RuleWindow, field?: string): void;
}

const weekDays = [1, 2, 3, 4, 5, 6, 7] as const;
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = [...new Set(["UTC", ownZone, ...Intl.supportedValuesOf("timeZone")])];

function WindowOfRule({ id, window, problems, onChange }: WindowOfRuleProps) {
  const zoneList = useId();
  const { days = [] } = window;
  /** Hours and days mean those of the person who enters them, unless they say otherwise. */
  const daily = (change: RuleWindow, field?: string) => {
    const isFirst = window.days === undefined && window.dailyFrom === undefined && window.dailyUntil === undefined;
    onChange({ ...window, ...(isFirst && !window.timeZone ? { timeZone: ownZone } : {}), ...change }, field);
  };

  return (
    <fieldset id={id} tabIndex={-1} class="window">
      <legend>{t("tables.window")}</legend>
      <p class="hint">{t("tables.window-hint")}</p>
      <div class="window-fields">
        <Field label={t("tables.field.window-from")} hint={t("tables.moment-hint")}>
          {(control) => (
            <MomentInput control={control} value={window.from ?? ""} onInput={(from) => onChange({ ...window, from }, "from")} />
          )}
        </Field>
        <Field label={t("tables.field.window-until")} hint={t("tables.moment-hint")}>
          {(control) => (
            <MomentInput control={control} value={window.until ?? ""} onInput={(until) => onChange({ ...window, until }, "until")} />
          )}
        </Field>
        <fieldset class="field days">
          <legend>{t("tables.field.days")}</legend>
          <div class="row">
            {weekDays.map((day) => (
              <Check
                key={day}
                label={t(`tables.day.${day}`)}
                on={days.includes(day)}
                onChange={(on) => daily({ days: on ? [...days, day].toSorted((a, b) => a - b) : days.filter((each) => each !== day) })}
              />
            ))}
          </div>
          <p class="hint">{t("tables.days-hint")}</p>
        </fieldset>
        <Field label={t("tables.field.dailyFrom")}>
          {(control) => (
            <input
              {...control}
              type="time"
              value={window.dailyFrom ?? ""}
              onInput={(event) => daily({ dailyFrom: event.currentTarget.value }, "dailyFrom")}
            />
          )}
        </Field>
        <Field label={t("tables.field.dailyUntil")}>
          {(control) => (
            <input
              {...control}
              type="time"
              value={window.dailyUntil ?? ""}
              onInput={(event) => daily({ dailyUntil: event.currentTarget.value }, "dailyUntil")}
            />
          )}
        </Field>
        <Field label={t("tables.field.timeZone")}>
          {(control) => (
            <input
              {...control}
              list={zoneList}
              placeholder="UTC"
              spellcheck={false}
              value={window.timeZone ?? ""}
              onInput={(event) => onChange({ ...window, timeZone: event.currentTarget.value }, "timeZone")}
            />
          )}
        </Field>
        <datalist id={zoneList}>
          {zones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </div>
      <Wrongs problems={problems} />
    </fieldset>
  );
}
