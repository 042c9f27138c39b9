import { RE2JS } from "re2js";

/** Longest text that is searched, in characters; the rest of a longer one is not looked at. */
export const SEARCHED_CHARACTERS = 65_536;

/** Steps of a compiled pattern. Searching takes at worst steps times characters, so that this bounds it to a second or so. */
const MOST_STEPS = 1_000;

export interface PatternFlags {
  ignoreCase?: boolean;
  /** `^` and `$` also match at line ends. */
  multiline?: boolean;
}

/**
 * A regular expression by RE2, whose time is linear in the text. Written as in JavaScript, but without look-ahead,
 * look-behind and back-references, which no such engine can have. Throws an Error that says what is wrong with the pattern.
 */
export function compilePattern(pattern: string, flags: PatternFlags = {}): RE2JS {
  const bits = (flags.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (flags.multiline ? RE2JS.MULTILINE : 0);
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern), bits);
  if (compiled.programSize() > MOST_STEPS) throw new Error("it is too large: shorten its counted repetitions");
  return compiled;
}
