import type { User } from "../model/permits";
import type { Repository } from "../model/repository";
import { badRequest, Failure } from "../wire/failures";
import type { Comparison, Condition, Literal } from "./ast";
import { compile, type Predicate } from "./compile";
import { dateByPatterns } from "./date-literal";

const TOKEN = /\s*(?:('(?:[^']|'')*'|"[^"]*")|([A-Za-z_][\w-]*)|(-?\d+(?:\.\d+)?)|(!=|<=|>=|[=<>(),]))/y;
const COMPARISONS: Record<string, Comparison> = { "=": "=", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">=" };

/**
 * The `filter` parameter of listings, a subset of XPath: `starts-with(a,'x')`, `contains()`, `not()`, `date()`, `and`,
 * `or` and comparisons (wire/documentum.md section 9). Throws 400 when it is malformed.
 */
export function filterOf(repository: Repository, user: User, type: string, text: string): Predicate {
  const condition = new FilterParser(text).read();
  try {
    return compile(condition, { repository, user, type: repository.types.known(type), anyByDefault: true });
  } catch (error) {
    if (error instanceof Failure) throw badRequest("The query parameter 'filter' cannot be applied.", error.details);
    throw error;
  }
}

class FilterParser {
  private readonly tokens: string[] = [];
  private at = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    const trimmed = text.trimEnd();
    while (TOKEN.lastIndex < trimmed.length) {
      const found = TOKEN.exec(trimmed);
      if (!found) throw malformed();
      this.tokens.push(found[0].trim());
    }
  }

  read(): Condition {
    const condition = this.disjunction();
    if (this.at < this.tokens.length) throw malformed();
    return condition;
  }

  private disjunction(): Condition {
    const parts = [this.conjunction()];
    while (this.accept("or")) parts.push(this.conjunction());
    return parts.length === 1 ? (parts[0] as Condition) : { kind: "or", parts };
  }

  private conjunction(): Condition {
    const parts = [this.factor()];
    while (this.accept("and")) parts.push(this.factor());
    return parts.length === 1 ? (parts[0] as Condition) : { kind: "and", parts };
  }

  private factor(): Condition {
    if (this.accept("(")) return this.closed(this.disjunction());
    const word = this.next();
    if (word === "not" && this.accept("(")) return { kind: "not", inner: this.closed(this.disjunction()) };
    if ((word === "starts-with" || word === "contains") && this.accept("(")) {
      const attribute = this.name(this.next());
      this.expect(",");
      return this.closed({ kind: word, operand: { attribute, any: false }, text: unquote(this.next()) });
    }
    const op = COMPARISONS[this.next()];
    if (!op) throw malformed();
    return { kind: "compare", operand: { attribute: this.name(word), any: false }, op, value: this.literal() };
  }

  private literal(): Literal {
    const token = this.next();
    if (token === "date" && this.accept("(")) {
      const at = dateByPatterns(unquote(this.next()));
      this.expect(")");
      if (at === undefined) throw malformed();
      return { kind: "date", at };
    }
    if (token === "true" || token === "false") {
      if (this.accept("(")) this.expect(")");
      return { kind: "boolean", value: token === "true" };
    }
    if (/^['"]/.test(token)) return { kind: "string", value: unquote(token) };
    if (/^-?\d/.test(token)) return { kind: "number", value: Number(token) };
    throw malformed();
  }

  private closed(condition: Condition): Condition {
    this.expect(")");
    return condition;
  }

  private name(token: string): string {
    if (!/^[A-Za-z_]\w*$/.test(token)) throw malformed();
    return token;
  }

  private accept(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at += 1;
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token)) throw malformed();
  }

  private next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw malformed();
    this.at += 1;
    return token;
  }
}

function unquote(token: string): string {
  if (!/^['"]/.test(token)) throw malformed();
  return token.slice(1, -1).replaceAll("''", "'");
}

function malformed(): Error {
  return badRequest("The query parameter 'filter' is malformed.");
}
