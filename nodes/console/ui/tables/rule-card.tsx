import { useId } from "preact/hooks";
import type { OfferedDestination, RouteRule, TableProblem } from "../../../core/routing/table";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Icon } from "../components/icon.tsx";
import { counted, t } from "../i18n.ts";
import { ConditionRow } from "./condition-row.tsx";
import { changeCondition, newCondition } from "./model.ts";
import { DestinationBoxes, Switch, Wrongs } from "./parts.tsx";
import { anchor, problemsAt } from "./problems.ts";
import { SettingsOfRule } from "./rule-settings.tsx";
import { tableTexts } from "./texts.ts";
import { sentenceOf } from "./words.ts";

export interface RuleCardProps {
  rule: RouteRule;
  /** From 0; of so many. */
  at: number;
  count: number;
  /** Of this rule only. */
  problems: readonly TableProblem[];
  offered: readonly OfferedDestination[];
  /** Id of the list of paths to propose. */
  paths: string;
  open: boolean;
  dragged: boolean;
  /** Something is dragged to here. */
  drop: "before" | "behind" | undefined;
  onToggle(): void;
  onChange(change: Partial<Omit<RouteRule, "id">>, field?: string): void;
  onMove(by: -1 | 1): void;
  onDuplicate(): void;
  onRemove(): void;
  onGrab: (event: PointerEvent) => void;
}

/** One rule: a line that says it in words, and under it the fields. */
export function RuleCard(props: RuleCardProps) {
  const { rule, at, count, problems, open, dragged, drop, onToggle, onChange, onMove, onDuplicate, onRemove, onGrab } = props;
  const body = useId();
  const name = rule.name.trim() || t("tables.unnamed", { place: at + 1 });

  return (
    <li class={`rule${rule.enabled ? "" : " off"}${dragged ? " dragged" : ""}${drop ? ` drop-${drop}` : ""}`} data-rule={rule.id}>
      <div class="rule-head">
        <span class="grip" title={t("tables.drag")} aria-hidden="true" onPointerDown={onGrab}>
          <Icon name="drag" />
        </span>
        <span class="rule-place" aria-hidden="true">
          {at + 1}
        </span>
        <Switch label={t("tables.enabled", { name })} on={rule.enabled} onChange={(enabled) => onChange({ enabled })} />
        <button type="button" class="rule-title" id={anchor("rule", rule.id)} aria-expanded={open} aria-controls={body} onClick={onToggle}>
          <Icon name={open ? "down" : "forward"} />
          <span class="rule-name">
            {name}
            {problems.length > 0 && <ProblemBadge problems={problems} />}
          </span>
          <span class="rule-words">{sentenceOf(rule, tableTexts)}</span>
        </button>
        <div class="rule-buttons">
          <MoveButton icon="up" label={t("tables.move-up", { name })} stuck={at === 0} onClick={() => onMove(-1)} />
          <MoveButton icon="down" label={t("tables.move-down", { name })} stuck={at === count - 1} onClick={() => onMove(1)} />
          <Button kind="quiet" small icon="copy" label={t("tables.duplicate", { name })} onClick={onDuplicate} />
          <Button kind="quiet" small icon="trash" label={t("tables.remove", { name })} onClick={onRemove} />
        </div>
      </div>
      <Wrongs problems={problemsAt(problems, "rule", rule.id)} />
      {open && (
        <div class="rule-body" id={body}>
          <RuleFields {...props} />
        </div>
      )}
    </li>
  );
}

/** Stays where the focus is when there is no further to go: a button that is switched off would lose it. */
function MoveButton({ icon, label, stuck, onClick }: { icon: "up" | "down"; label: string; stuck: boolean; onClick(): void }) {
  return (
    <button
      type="button"
      class="button quiet small icon-only"
      data-move={icon}
      aria-label={label}
      title={label}
      aria-disabled={stuck}
      onClick={() => stuck || onClick()}
    >
      <Icon name={icon} />
    </button>
  );
}

export function ProblemBadge({ problems }: { problems: readonly TableProblem[] }) {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  return (
    <>
      {errors > 0 && (
        <Badge tone="bad" icon="warning">
          {counted("tables.errors", errors)}
        </Badge>
      )}
      {warnings > 0 && (
        <Badge tone="wait" icon="warning">
          {counted("tables.warnings", warnings)}
        </Badge>
      )}
    </>
  );
}

function RuleFields({ rule, problems, offered, paths, onChange }: RuleCardProps) {
  const ofName = problemsAt(problems, "name", rule.id);
  return (
    <>
      <div id={anchor("name", rule.id)} tabIndex={-1}>
        <Field label={t("tables.field.name")}>
          {(control) => (
            <input
              {...control}
              data-name
              value={rule.name}
              aria-invalid={ofName.some(({ severity }) => severity === "error")}
              onInput={(event) => onChange({ name: event.currentTarget.value }, "name")}
            />
          )}
        </Field>
        <Wrongs problems={ofName} />
      </div>
      <fieldset class="conditions" id={anchor("conditions", rule.id)} tabIndex={-1}>
        <legend>{t("tables.conditions")}</legend>
        {rule.conditions.length === 0 && <p class="hint">{t("tables.no-conditions")}</p>}
        {rule.conditions.length > 1 && (
          <fieldset class="row">
            <legend class="unseen">{t("tables.match")}</legend>
            {(["all", "any"] as const).map((match) => (
              <label key={match} class="check">
                <input type="radio" name={`match-${rule.id}`} checked={rule.match === match} onChange={() => onChange({ match })} />
                <span>{t(`tables.match.${match}`)}</span>
              </label>
            ))}
          </fieldset>
        )}
        <ol class="condition-list">
          {rule.conditions.map((condition, place) => (
            <ConditionRow
              key={place}
              condition={condition}
              rule={rule.id}
              at={place}
              problems={problems}
              paths={paths}
              onChange={(changed, field) =>
                onChange({ conditions: changeCondition(rule, place, changed) }, field && `conditions.${place}.${field}`)
              }
              onRemove={() => onChange({ conditions: rule.conditions.toSpliced(place, 1) })}
            />
          ))}
        </ol>
        <Wrongs problems={problemsAt(problems, "conditions", rule.id)} />
        <div>
          <Button small icon="plus" onClick={() => onChange({ conditions: [...rule.conditions, newCondition()] })}>
            {t("tables.add-condition")}
          </Button>
        </div>
      </fieldset>
      <DestinationBoxes
        id={anchor("destinations", rule.id)}
        legend={t("tables.field.destinations")}
        chosen={rule.destinations}
        offered={offered}
        problems={problemsAt(problems, "destinations", rule.id)}
        onChange={(destinations) => onChange({ destinations })}
      />
      <SettingsOfRule rule={rule} problems={problems} onChange={(settings, field) => onChange({ settings }, field)} />
    </>
  );
}
