import type { TargetAttribute, TargetType } from "./types";

/** Attributes of a type as they were when somebody mapped them: `typeMark` by name. */
export type TypeMarks = Record<string, string>;

/** What of an attribute matters to a mapping, as text; for example `string(32) repeating required`. */
export function typeMark({ type, length, repeating, required, readOnly }: TargetAttribute): string {
  const size = length ? `(${length})` : "";
  return [`${type}${size}`, repeating && "repeating", required && "required", readOnly && "read-only"].filter(Boolean).join(" ");
}

export interface Drift {
  attribute: string;
  /** `gone`: the type has it no more; `changed`: it is another one now; `required`: it is new, or needed only now, and no row fills it. */
  kind: "gone" | "changed" | "required";
  before?: string;
  now?: string;
}

/** How a type has changed since it was mapped, as far as the rows for `mapped` meet it. Empty marks: nothing was noted, so nothing is said. */
export function driftOf(marks: TypeMarks, mapped: readonly string[], type: TargetType): Drift[] {
  if (Object.keys(marks).length === 0) return [];
  const now = new Map(type.attributes.map((attribute) => [attribute.name, attribute]));
  const ofMapped = mapped.flatMap((attribute): Drift[] => {
    const before = marks[attribute];
    const found = now.get(attribute);
    if (!found) return [{ attribute, kind: "gone", before }];
    const mark = typeMark(found);
    return before === undefined || before === mark ? [] : [{ attribute, kind: "changed", before, now: mark }];
  });
  const newlyRequired = type.attributes
    .filter(({ name, required, readOnly }) => required && !readOnly && !mapped.includes(name) && !marks[name]?.includes("required"))
    .map((attribute): Drift => ({ attribute: attribute.name, kind: "required", now: typeMark(attribute) }));
  return [...ofMapped, ...newlyRequired];
}

/** The same in words, for logs. */
export function driftText({ attribute, kind, before, now }: Drift): string {
  switch (kind) {
    case "gone":
      return `"${attribute}" does not exist any more`;
    case "changed":
      return `"${attribute}" was ${before} and is ${now}`;
    case "required":
      return `"${attribute}" is required now, and no row fills it`;
  }
}
