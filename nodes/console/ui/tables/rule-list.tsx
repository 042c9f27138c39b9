import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { OfferedDestination, RouteTable, TableProblem } from "../../../core/routing/table";
import { Button } from "../components/button.tsx";
import { t } from "../i18n.ts";
import { addRule, changeRule, duplicateRule, moveRule, removeRule } from "./model.ts";
import { anchor } from "./problems.ts";
import { RuleCard } from "./rule-card.tsx";
import { useDrag } from "./use-drag.ts";

interface RuleListProps {
  table: RouteTable;
  problems: readonly TableProblem[];
  offered: readonly OfferedDestination[];
  paths: readonly string[];
  /** Ids of the rules that are unfolded. */
  open: ReadonlySet<string>;
  setOpen(id: string, open: boolean): void;
  onChange(table: RouteTable, field?: string): void;
}

/** The rules in their order, which is dragged, or gone through with buttons. */
export function RuleList({ table, problems, offered, paths, open, setOpen, onChange }: RuleListProps) {
  const list = useRef<HTMLOListElement>(null);
  const [said, setSaid] = useState("");
  const pathList = useId();
  /** Where the focus goes once the list is drawn anew: moving an element takes the focus from it. */
  const focus = useRef<string | undefined>(undefined);
  const { rules } = table;

  useLayoutEffect(() => {
    if (!focus.current) return;
    const element = document.querySelector<HTMLElement>(focus.current);
    focus.current = undefined;
    element?.focus();
    element?.scrollIntoView({ block: "nearest" });
  });

  function move(from: number, to: number): void {
    const rule = rules[from];
    if (!rule) return;
    onChange(moveRule(table, rule.id, to));
    setSaid(t("tables.moved", { name: nameOf(from), place: to + 1, count: rules.length }));
  }

  function nameOf(at: number): string {
    return rules[at]?.name.trim() || t("tables.unnamed", { place: at + 1 });
  }

  const { drag, grab } = useDrag(
    () => [...(list.current?.children ?? [])] as HTMLElement[],
    ({ from, to }) => move(from, to),
  );

  function add({ table: changed, id }: { table: RouteTable; id: string }): void {
    onChange(changed);
    setOpen(id, true);
    focus.current = `[data-rule="${id}"] [data-name]`;
  }

  return (
    <>
      <ol class={`rules${drag ? " dragging" : ""}`} ref={list} aria-label={t("tables.rules")}>
        {rules.map((rule, at) => (
          <RuleCard
            key={rule.id}
            rule={rule}
            at={at}
            count={rules.length}
            problems={problems.filter((problem) => problem.rule === rule.id)}
            offered={offered}
            paths={pathList}
            open={open.has(rule.id)}
            dragged={drag?.from === at}
            drop={drag && drag.to !== drag.from && drag.to === at ? (drag.to < drag.from ? "before" : "behind") : undefined}
            onToggle={() => setOpen(rule.id, !open.has(rule.id))}
            onChange={(change, field) => onChange(changeRule(table, rule.id, change), field && `${rule.id}.${field}`)}
            onMove={(by) => {
              move(at, at + by);
              focus.current = `[data-rule="${rule.id}"] [data-move="${by < 0 ? "up" : "down"}"]`;
            }}
            onDuplicate={() => add(duplicateRule(table, rule.id, t("tables.copy-of", { name: nameOf(at) })))}
            onRemove={() => {
              onChange(removeRule(table, rule.id));
              setSaid(t("tables.removed", { name: nameOf(at) }));
              const next = rules[at + 1] ?? rules[at - 1];
              focus.current = next ? `#${CSS.escape(anchor("rule", next.id))}` : "[data-add-rule] button";
            }}
            onGrab={grab(at)}
          />
        ))}
      </ol>
      <datalist id={pathList}>
        {paths.map((path) => (
          <option key={path} value={path} />
        ))}
      </datalist>
      <div data-add-rule>
        <Button icon="plus" onClick={() => add(addRule(table, t("tables.new-rule", { place: rules.length + 1 })))}>
          {t("tables.add-rule")}
        </Button>
      </div>
      <p class="unseen" role="status" aria-live="polite">
        {said}
      </p>
    </>
  );
}
