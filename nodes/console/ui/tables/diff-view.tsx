import type { RouteRule, RouteTable, RuleWindow } from "../../../core/routing/table";
import { Badge } from "../components/badge.tsx";
import { t } from "../i18n.ts";
import { diffTables, isEmptyDiff, type RuleDiff, type RuleField } from "./diff.ts";
import { tableTexts } from "./texts.ts";
import { conditionsInWords, sentenceOf, windowInWords } from "./words.ts";

/** What differs between two tables, in words: what was, and what is instead. */
export function DiffView({ before, after, none }: { before: RouteTable; after: RouteTable; none?: string }) {
  const diff = diffTables(before, after);
  if (isEmptyDiff(diff)) return <p class="muted">{none ?? t("tables.diff.none")}</p>;
  return (
    <ul class="diff">
      {diff.mode && (
        <li>
          <Change field={t("tables.mode")} before={t(`tables.mode.${diff.mode.before}`)} after={t(`tables.mode.${diff.mode.after}`)} />
        </li>
      )}
      {diff.rules.map((rule) => (
        <li key={rule.kind === "removed" ? rule.before.id : rule.after.id}>
          <DiffOfRule diff={rule} />
        </li>
      ))}
      {diff.default && (
        <li>
          <Change field={t("tables.default")} before={named(diff.default.before)} after={named(diff.default.after)} />
        </li>
      )}
    </ul>
  );
}

function DiffOfRule({ diff }: { diff: RuleDiff }) {
  if (diff.kind === "kept") {
    const { before, after, place, fields, moved } = diff;
    return (
      <>
        <p class="diff-rule">
          {fields.length > 0 && <Badge tone="busy">{t("tables.diff.changed")}</Badge>}
          {moved && <Badge>{movedInWords(moved)}</Badge>}
          <RuleName rule={after} place={place} />
        </p>
        {fields.map((field) => (
          <Change key={field} field={t(`tables.field.${field}`)} before={valueInWords(before, field)} after={valueInWords(after, field)} />
        ))}
      </>
    );
  }
  const rule = diff.kind === "added" ? diff.after : diff.before;
  return (
    <>
      <p class="diff-rule">
        <Badge tone={diff.kind === "added" ? "good" : "bad"}>{t(`tables.diff.${diff.kind}`)}</Badge>
        <RuleName rule={rule} place={diff.place} />
      </p>
      <p class={`diff-words ${diff.kind}`}>{sentenceOf(rule, tableTexts)}</p>
    </>
  );
}

/** A rule that others have passed may have come to the same place again. */
function movedInWords({ from, to }: { from: number; to: number }): string {
  return from === to ? t("tables.diff.reordered") : t("tables.diff.moved", { from, to });
}

function RuleName({ rule, place }: { rule: RouteRule; place: number }) {
  return (
    <strong>
      {place}. {rule.name.trim() || t("tables.unnamed", { place })}
    </strong>
  );
}

function Change({ field, before, after }: { field: string; before: string; after: string }) {
  return (
    <p class="diff-change">
      <span class="diff-field">{field}</span>
      <span>
        <del>{before}</del> <span aria-hidden="true">→</span> <ins>{after}</ins>
      </span>
    </p>
  );
}

function valueInWords(rule: RouteRule, field: RuleField): string {
  const { settings } = rule;
  switch (field) {
    case "name":
      return rule.name || nothing();
    case "enabled":
      return t(rule.enabled ? "tables.on" : "tables.off");
    case "match":
      return t(`tables.match.${rule.match}`);
    case "conditions":
      return conditionsInWords(rule, tableTexts);
    case "destinations":
      return named(rule.destinations);
    case "hold":
      return t(settings.hold ? "tables.on" : "tables.off");
    case "window":
      return windowInWords(settings.window ?? ({} satisfies RuleWindow), tableTexts) || nothing();
    default:
      return String(settings[field] ?? nothing());
  }
}

function named(destinations: readonly string[]): string {
  return destinations.join(", ") || nothing();
}

function nothing(): string {
  return t("tables.diff.nothing");
}
