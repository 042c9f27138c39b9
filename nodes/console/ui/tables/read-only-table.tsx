import type { RouteTable, TableProblem } from "../../../core/routing/table";
import { t } from "../i18n.ts";
import { Wrongs } from "./parts.tsx";
import { ProblemBadge } from "./rule-card.tsx";
import { tableTexts } from "./texts.ts";
import { sentenceOf } from "./words.ts";

/** A table in words, for those who may look. */
export function ReadOnlyTable({ table, problems }: { table: RouteTable; problems: readonly TableProblem[] }) {
  return (
    <section class="card">
      <p>
        <strong>{t(`tables.mode.${table.mode}`)}</strong> <span class="muted">{t(`tables.mode-about.${table.mode}`)}</span>
      </p>
      <ol class="rules plain">
        {table.rules.map((rule, at) => {
          const ofRule = problems.filter((problem) => problem.rule === rule.id);
          return (
            <li key={rule.id} class={`rule${rule.enabled ? "" : " off"}`}>
              <div class="rule-head">
                <span class="rule-place">{at + 1}</span>
                <div class="rule-title">
                  <span class="rule-name">
                    {rule.name.trim() || t("tables.unnamed", { place: at + 1 })}
                    {ofRule.length > 0 && <ProblemBadge problems={ofRule} />}
                  </span>
                  <span class="rule-words">{sentenceOf(rule, tableTexts)}</span>
                </div>
              </div>
              <Wrongs problems={ofRule} />
            </li>
          );
        })}
      </ol>
      <p>
        <strong>{t("tables.default")}</strong> → {table.default.join(", ") || t("tables.words.nowhere")}
      </p>
    </section>
  );
}
