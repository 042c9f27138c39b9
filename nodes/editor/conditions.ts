/**
 * Conditions under which a part of a dialog shows and its fields are checked: terms joined by blanks (all must hold),
 * alternatives joined by ` or `. Terms: `sandbox` (is on), `!sandbox` (is off), `auth=basic|none`, `auth!=none`;
 * `server.sandbox` is a property of the config node that `server` points at.
 */
export function holds(condition: string, value: (property: string) => unknown): boolean {
  return condition.split(" or ").some((terms) =>
    terms
      .trim()
      .split(/\s+/)
      .every((term) => termHolds(term, value)),
  );
}

function termHolds(term: string, value: (property: string) => unknown): boolean {
  const parts = /^(!?)([\w.]+)(?:(!?=)(.*))?$/.exec(term);
  if (!parts) throw new Error(`Not a condition: "${term}"`);
  const [, negated, property = "", comparison, wanted = ""] = parts;
  const found = value(property);
  if (comparison === undefined) return Boolean(found) !== (negated === "!");
  return wanted.split("|").includes(String(found ?? "")) === (comparison === "=");
}
