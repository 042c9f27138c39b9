import type { Condition, ConditionOperator, TableProblem } from "../../../core/routing/table";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { t } from "../i18n.ts";
import { Operand } from "./operand.tsx";
import { changeOperator, knowsCase, operators } from "./operators.ts";
import { Check, Wrongs } from "./parts.tsx";
import { anchor, problemsAt } from "./problems.ts";

interface ConditionRowProps {
  condition: Condition;
  /** Of its rule. */
  rule: string;
  at: number;
  problems: readonly TableProblem[];
  /** Id of the list of paths to propose. */
  paths: string;
  onChange(condition: Condition, field?: string): void;
  onRemove(): void;
}

export function ConditionRow({ condition, rule, at, problems, paths, onChange, onRemove }: ConditionRowProps) {
  const ofPath = problemsAt(problems, "path", rule, at);
  const ofValue = problemsAt(problems, "value", rule, at);
  const name = t("tables.condition", { place: at + 1 });

  return (
    <li>
      <fieldset class="condition">
        <legend class="unseen">{name}</legend>
        {condition.op !== "jsonata" && (
          <div class="condition-path" id={anchor("path", rule, at)} tabIndex={-1}>
            <Field label={t("tables.field.path")}>
              {(control) => (
                <input
                  {...control}
                  class="mono"
                  list={paths}
                  aria-invalid={ofPath.length > 0}
                  autocomplete="off"
                  spellcheck={false}
                  value={condition.path}
                  onInput={(event) => onChange({ ...condition, path: event.currentTarget.value }, "path")}
                />
              )}
            </Field>
            <Wrongs problems={ofPath} />
          </div>
        )}
        <div class="condition-op">
          <Field label={t("tables.field.op")}>
            {(control) => (
              <select
                {...control}
                value={condition.op}
                onChange={(event) => onChange(changeOperator(condition, event.currentTarget.value as ConditionOperator))}
              >
                {operators.map((op) => (
                  <option key={op} value={op}>
                    {t(`tables.op.${op}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <div class="row">
            <Check
              label={t("tables.negate")}
              on={condition.negate === true}
              onChange={(on) => onChange(withFlag(condition, "negate", on))}
            />
            {condition.op !== "jsonata" && knowsCase(condition.op) && (
              <Check
                label={t("tables.ignore-case")}
                on={condition.ignoreCase === true}
                onChange={(on) => onChange(withFlag(condition, "ignoreCase", on))}
              />
            )}
          </div>
        </div>
        <div class="condition-value" id={anchor("value", rule, at)} tabIndex={-1}>
          <Operand key={condition.op} condition={condition} wrong={ofValue.length > 0} onChange={onChange} />
          <Wrongs problems={ofValue} />
        </div>
        <Button kind="quiet" small icon="close" label={t("tables.remove-condition", { place: at + 1 })} onClick={onRemove} />
      </fieldset>
    </li>
  );
}

/** A flag that is off is left out, as in a table that never had it. */
function withFlag(condition: Condition, flag: "negate" | "ignoreCase", on: boolean): Condition {
  const { [flag]: _, ...rest } = condition as Condition & { ignoreCase?: boolean };
  return (on ? { ...rest, [flag]: true } : rest) as Condition;
}
