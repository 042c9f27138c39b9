import { useState } from "preact/hooks";
import type { OfferedDestination, RouteTable, TableProblem } from "../../../core/routing/table";
import { Icon } from "../components/icon.tsx";
import { t } from "../i18n.ts";
import { DestinationBoxes, Wrongs } from "./parts.tsx";
import { anchor, anchorOf, inOrder, problemsAt } from "./problems.ts";
import { ProblemBadge } from "./rule-card.tsx";
import { RuleList } from "./rule-list.tsx";
import { problemText } from "./texts.ts";

interface TableFieldsProps {
  table: RouteTable;
  problems: readonly TableProblem[];
  checked: boolean;
  offered: readonly OfferedDestination[];
  paths: readonly string[];
  onChange(table: RouteTable, field?: string): void;
}

/** A table's fields: how its rules are read, the rules, and where everything else goes. */
export function TableFields({ table, problems, checked, offered, paths, onChange }: TableFieldsProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const unfold = (id: string, isOpen: boolean) =>
    setOpen((before) => new Set(isOpen ? [...before, id] : [...before].filter((each) => each !== id)));

  return (
    <>
      <Summary problems={inOrder(problems, table)} table={table} checked={checked} onGo={(rule) => rule && unfold(rule, true)} />
      <fieldset class="card mode">
        <legend>
          <h2>{t("tables.mode")}</h2>
        </legend>
        {(["first", "all"] as const).map((mode) => (
          <label key={mode} class="check mode-choice">
            <input type="radio" name="mode" checked={table.mode === mode} onChange={() => onChange({ ...table, mode })} />
            <span>
              {t(`tables.mode.${mode}`)}
              <span class="hint">{t(`tables.mode-about.${mode}`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <section class="stack" aria-labelledby="rules-heading">
        <h2 id="rules-heading">{t("tables.rules")}</h2>
        {table.rules.length === 0 && <p class="muted">{t("tables.no-rules")}</p>}
        <RuleList table={table} problems={problems} offered={offered} paths={paths} open={open} setOpen={unfold} onChange={onChange} />
      </section>
      <section class="card">
        <DestinationBoxes
          id={anchor("default")}
          legend={t("tables.default")}
          hint={t("tables.default-about")}
          chosen={table.default}
          offered={offered}
          problems={problemsAt(problems, "default")}
          onChange={(chosen) => onChange({ ...table, default: chosen })}
        />
      </section>
    </>
  );
}

interface SummaryProps {
  problems: readonly TableProblem[];
  table: RouteTable;
  checked: boolean;
  /** The person goes to a problem of this rule. */
  onGo(rule: string | undefined): void;
}

/** Everything that is wrong, each with the way to it. */
function Summary({ problems, table, checked, onGo }: SummaryProps) {
  const ofTable = problemsAt(problems, "table");
  const others = problems.filter((problem) => !ofTable.includes(problem));

  /** The rule is unfolded first; its fields are there once it is drawn. */
  function go(problem: TableProblem): void {
    onGo(problem.rule);
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const place = document.getElementById(anchorOf(problem));
        place?.scrollIntoView({ block: "center" });
        const field = place?.querySelector<HTMLElement>("input, select, textarea") ?? place;
        field?.focus({ preventScroll: true });
      }),
    );
  }

  return (
    <section class={`summary${problems.length === 0 ? " fine" : ""}`} aria-label={t("tables.check")}>
      <p role="status" class="row">
        {problems.length > 0 ? (
          <>
            <strong>{t("tables.check")}</strong>
            <ProblemBadge problems={problems} />
          </>
        ) : (
          <span class="muted row">
            <Icon name={checked ? "check" : "history"} />
            {t(checked ? "tables.check-fine" : "tables.checking")}
          </span>
        )}
      </p>
      <Wrongs problems={ofTable} />
      {others.length > 0 && (
        <ul class="summary-links">
          {others.map((problem) => (
            <li key={anchorOf(problem) + problem.code + problem.message} class={problem.severity}>
              <button type="button" class="link" onClick={() => go(problem)}>
                {placeOf(problem, table)}
              </button>{" "}
              {problemText(problem)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function placeOf({ rule, condition }: TableProblem, table: RouteTable): string {
  const at = table.rules.findIndex(({ id }) => id === rule);
  if (at < 0) return t("tables.default");
  const name = table.rules[at]?.name.trim() || t("tables.unnamed", { place: at + 1 });
  return condition === undefined ? name : `${name}, ${t("tables.condition", { place: condition + 1 })}`;
}
