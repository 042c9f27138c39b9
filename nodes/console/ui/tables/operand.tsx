import { useState } from "preact/hooks";
import type { Condition } from "../../../core/routing/table";
import { Field } from "../components/field.tsx";
import { counted, t } from "../i18n.ts";
import { isoOf, localOf } from "./moments.ts";
import { asKind, kindOf, listFrom, numberOf, type ValueKind } from "./operators.ts";
import { useTyped } from "./parts.tsx";

interface OperandProps<C extends Condition = Condition> {
  condition: C;
  wrong: boolean;
  onChange(condition: C, field: string): void;
}

type With<Op extends Condition["op"]> = Extract<Condition, { op: Op }>;

/** The fields for what a condition compares with, as its operator needs them. */
export function Operand({ condition, ...rest }: OperandProps) {
  switch (condition.op) {
    case "equals":
      return <EqualsValue condition={condition} {...rest} />;
    case "in":
      return <ListValue condition={condition} {...rest} />;
    case "between":
      return <RangeValue condition={condition} {...rest} />;
    case "before":
    case "after":
      return <DateValue condition={condition} {...rest} />;
    case "contains":
      return (
        <TextValue
          label={t("tables.field.value")}
          value={condition.value}
          wrong={rest.wrong}
          onInput={(value) => rest.onChange({ ...condition, value }, "value")}
        />
      );
    case "matches":
      return (
        <TextValue
          mono
          label={t("tables.field.pattern")}
          hint={t("tables.pattern-hint")}
          value={condition.pattern}
          wrong={rest.wrong}
          onInput={(pattern) => rest.onChange({ ...condition, pattern }, "value")}
        />
      );
    case "jsonata":
      return <ExpressionValue condition={condition} {...rest} />;
    case "exists":
      return null;
  }
}

interface TextValueProps {
  label: string;
  hint?: string;
  value: string;
  wrong: boolean;
  mono?: boolean;
  onInput(value: string): void;
}

function TextValue({ label, hint, value, wrong, mono, onInput }: TextValueProps) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(control) => (
        <input
          {...control}
          class={mono ? "mono" : ""}
          aria-invalid={wrong}
          spellcheck={false}
          autocomplete="off"
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface NumberFieldProps {
  label: string;
  value: number;
  wrong: boolean;
  onInput(value: number): void;
}

function NumberField({ label, value, wrong, onInput }: NumberFieldProps) {
  const [text, type] = useTyped(value, (each) => (Number.isFinite(each) ? String(each) : ""), numberOf);
  return (
    <Field label={label}>
      {(control) => (
        <input
          {...control}
          type="number"
          step="any"
          aria-invalid={wrong}
          value={text}
          onInput={(event) => onInput(type(event.currentTarget.value))}
        />
      )}
    </Field>
  );
}

const kinds: readonly ValueKind[] = ["text", "number", "boolean"];

function EqualsValue({ condition, wrong, onChange }: OperandProps<With<"equals">>) {
  // A number that is not entered yet is still a number; JSON has made `null` of it on the way through a draft.
  const value = condition.value ?? Number.NaN;
  const kind = kindOf(value);
  const set = (changed: string | number | boolean) => onChange({ ...condition, value: changed }, "value");
  return (
    <div class="operand-pair kind-first">
      <Field label={t("tables.field.kind")}>
        {(control) => (
          <select {...control} value={kind} onChange={(event) => set(asKind(value, event.currentTarget.value as ValueKind))}>
            {kinds.map((each) => (
              <option key={each} value={each}>
                {t(`tables.kind.${each}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {typeof value === "string" && <TextValue label={t("tables.field.value")} value={value} wrong={wrong} onInput={set} />}
      {typeof value === "number" && <NumberField label={t("tables.field.value")} value={value} wrong={wrong} onInput={set} />}
      {typeof value === "boolean" && (
        <Field label={t("tables.field.value")}>
          {(control) => (
            <select {...control} value={String(value)} onChange={(event) => set(event.currentTarget.value === "true")}>
              <option value="true">{t("tables.true")}</option>
              <option value="false">{t("tables.false")}</option>
            </select>
          )}
        </Field>
      )}
    </div>
  );
}

function ListValue({ condition, wrong, onChange }: OperandProps<With<"in">>) {
  const [text, type] = useTyped(condition.values, (values) => values.join("\n"), listFrom);
  return (
    <Field label={t("tables.field.values")} hint={counted("tables.values", condition.values.length)}>
      {(control) => (
        <textarea
          {...control}
          class="mono"
          rows={Math.min(8, Math.max(3, condition.values.length + 1))}
          aria-invalid={wrong}
          spellcheck={false}
          value={text}
          onInput={(event) => onChange({ ...condition, values: type(event.currentTarget.value) }, "value")}
        />
      )}
    </Field>
  );
}

function RangeValue({ condition, wrong, onChange }: OperandProps<With<"between">>) {
  return (
    <div class="operand-pair">
      <NumberField
        label={t("tables.field.from")}
        value={condition.from ?? Number.NaN}
        wrong={wrong}
        onInput={(from) => onChange({ ...condition, from }, "from")}
      />
      <NumberField
        label={t("tables.field.to")}
        value={condition.to ?? Number.NaN}
        wrong={wrong}
        onInput={(to) => onChange({ ...condition, to }, "to")}
      />
    </div>
  );
}

function DateValue({ condition, wrong, onChange }: OperandProps<With<"before" | "after">>) {
  const [wantsTime, setWantsTime] = useState(false);
  const hasTime = condition.value.includes("T") || (condition.value === "" && wantsTime);
  const set = (value: string) => onChange({ ...condition, value }, "value");

  function changeKind(withTime: boolean): void {
    setWantsTime(withTime);
    if (condition.value !== "") set(withTime ? `${condition.value}T00:00:00.000Z` : condition.value.slice(0, 10));
  }

  return (
    <div class="operand-pair kind-first">
      <Field label={t("tables.field.kind")}>
        {(control) => (
          <select {...control} value={String(hasTime)} onChange={(event) => changeKind(event.currentTarget.value === "true")}>
            <option value="false">{t("tables.kind.date")}</option>
            <option value="true">{t("tables.kind.moment")}</option>
          </select>
        )}
      </Field>
      <Field label={t("tables.field.value")} hint={t(hasTime ? "tables.moment-hint" : "tables.date-hint")}>
        {(control) =>
          hasTime ? (
            <MomentInput control={{ ...control, "aria-invalid": wrong }} value={condition.value} onInput={set} />
          ) : (
            <input
              {...control}
              type="date"
              aria-invalid={wrong}
              value={condition.value}
              onInput={(event) => set(event.currentTarget.value)}
            />
          )
        }
      </Field>
    </div>
  );
}

/** A date with a time: entered in the person's own time, kept with its zone. */
export function MomentInput({ control, value, onInput }: { control: object; value: string; onInput(value: string): void }) {
  return <input {...control} type="datetime-local" value={localOf(value)} onInput={(event) => onInput(isoOf(event.currentTarget.value))} />;
}

function ExpressionValue({ condition, wrong, onChange }: OperandProps<With<"jsonata">>) {
  return (
    <Field label={t("tables.field.expression")} hint={t("tables.expression-hint")}>
      {(control) => (
        <textarea
          {...control}
          class="mono"
          rows={3}
          aria-invalid={wrong}
          spellcheck={false}
          value={condition.expression}
          onInput={(event) => onChange({ ...condition, expression: event.currentTarget.value }, "value")}
        />
      )}
    </Field>
  );
}
