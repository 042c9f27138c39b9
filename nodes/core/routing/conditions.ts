import { isEmpty, lookupPath } from "../mapping/view";
import { type RoutingView, splitPath } from "./paths";
import { compilePattern, SEARCHED_CHARACTERS } from "./pattern";
import type { PropertyCondition } from "./table";
import { instantOf, numberOf, textOf } from "./values";

type ValueTest = (value: unknown) => boolean;

/**
 * A condition over a property as a function that never throws. What it means:
 *
 * - A property with several values (a list) satisfies a condition when one of them does. `negate` is applied last, so
 *   that "not equals A" over a list says that none is A.
 * - No value (missing, null, blank text, empty list, a list of such) satisfies nothing; negated conditions hold then.
 * - Blanks around a document's text do not count; fixed-width sources pad with them.
 * - `equals` and `in` compare as numbers when one side is a number and the other is one or a text that is one, so that
 *   the number 7 equals "7.00"; two texts are compared as texts, so that "007" is not "7". Booleans equal `true` and `false` as text.
 * - `between` takes numbers and texts that are numbers (with a decimal point); `before` and `after` take ISO 8601 dates and
 *   date-times and exclude the given moment itself. What is no number, or no date, does not satisfy them.
 * - `contains` and `matches` look at texts, numbers and booleans as text; `matches` at their first 65,536 characters.
 * - `ignoreCase` compares lower-case forms; it is for `equals`, `in`, `contains` and `matches`.
 * - An object satisfies `exists` and nothing else.
 */
export function compileCondition(condition: PropertyCondition): (view: RoutingView) => boolean {
  const { root, rest } = splitPath(condition.path);
  if (root === undefined) throw new Error(`the path "${condition.path}" begins with nothing that rules see`);
  const holds = valueTest(condition);
  const negate = condition.negate === true;
  return (view) => {
    const value = rest === "" ? view[root] : lookupPath(view[root], rest);
    return (Array.isArray(value) ? value.some(holds) : holds(value)) !== negate;
  };
}

function valueTest(condition: PropertyCondition): ValueTest {
  const fold = condition.ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  switch (condition.op) {
    case "equals":
      return equalsTest(condition.value, fold);
    case "in":
      return inTest(condition.values, fold);
    case "contains": {
      const wanted = fold(condition.value);
      return onText((text) => fold(text).includes(wanted));
    }
    case "matches": {
      const pattern = compilePattern(condition.pattern, { ignoreCase: condition.ignoreCase });
      return onText((text) => pattern.test(text.length > SEARCHED_CHARACTERS ? text.slice(0, SEARCHED_CHARACTERS) : text));
    }
    case "between": {
      const { from, to } = condition;
      return (value) => {
        const number = numberOf(value);
        return number !== undefined && number >= from && number <= to;
      };
    }
    case "before": {
      const limit = instantOf(condition.value) ?? Number.NaN;
      return (value) => (instantOf(value) ?? Number.NaN) < limit;
    }
    case "after": {
      const limit = instantOf(condition.value) ?? Number.NaN;
      return (value) => (instantOf(value) ?? Number.NaN) > limit;
    }
    case "exists":
      return (value) => typeof value !== "function" && !isEmpty(value);
  }
}

function onText(test: (text: string) => boolean): ValueTest {
  return (value) => {
    const text = textOf(value);
    return text !== undefined && test(text);
  };
}

function equalsTest(wanted: string | number | boolean, fold: (text: string) => string): ValueTest {
  const text = fold(String(wanted).trim());
  const number = numberOf(wanted);
  const sameText = onText((found) => fold(found) === text);
  if (number === undefined) return sameText;
  return (value) => {
    if (typeof wanted !== "number" && typeof value !== "number") return sameText(value);
    const found = numberOf(value);
    return found === undefined ? sameText(value) : found === number;
  };
}

function inTest(wanted: readonly string[], fold: (text: string) => string): ValueTest {
  const texts = new Set(wanted.map((text) => fold(text.trim())));
  const numbers = new Set(wanted.flatMap((text) => numberOf(text) ?? []));
  const sameText = onText((found) => texts.has(fold(found)));
  return (value) => (typeof value === "number" && numbers.has(value)) || sameText(value);
}
