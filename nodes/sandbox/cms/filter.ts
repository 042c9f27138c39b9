import { badFilter } from "./errors";

/** A parsed filter (wire/css.md section 7). */
export type Filter =
  | { kind: "and" | "or"; terms: Filter[] }
  | { kind: "equals" | "differs"; field: string; lower: boolean; values: string[] }
  | { kind: "like"; field: string; lower: boolean; pattern: RegExp };

interface Token {
  kind: "word" | "text" | "sign";
  value: string;
  at: number;
}

/**
 * Parses `name eq 'x' and (a = "b" or LOWER(c) like '%d%') and id=('p','q')`. Operators other than eq, =, ne and like
 * are refused, because the vendor's grammar for them is [UNKNOWN]; so is the escape of a quote inside a literal: a doubled
 * quote is ours. Throws CmsError 400.
 */
export function parseFilter(text: string): Filter {
  const parser = new Parser(tokenize(text));
  const filter = parser.or();
  parser.end();
  return filter;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:('(?:[^']|'')*'|"(?:[^"]|"")*")|([A-Za-z0-9_.-]+)|([=(),]))/gy;
  while (pattern.lastIndex < text.trimEnd().length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (!found) throw badFilter(`filter: cannot read on from position ${at + 1}`);
    const [, quoted, word, sign] = found;
    if (quoted !== undefined) {
      const quote = quoted[0] as string;
      tokens.push({ kind: "text", value: quoted.slice(1, -1).replaceAll(quote + quote, quote), at });
    } else if (word !== undefined) tokens.push({ kind: "word", value: word, at });
    else tokens.push({ kind: "sign", value: sign as string, at });
  }
  return tokens;
}

class Parser {
  private position = 0;

  constructor(private readonly tokens: Token[]) {}

  or(): Filter {
    return this.chain("or", () => this.chain("and", () => this.term()));
  }

  end(): void {
    if (this.position < this.tokens.length) throw this.unexpected("the end, 'and' or 'or'");
  }

  private chain(kind: "and" | "or", next: () => Filter): Filter {
    const terms = [next()];
    while (this.takeWord(kind)) terms.push(next());
    return terms.length === 1 ? (terms[0] as Filter) : { kind, terms };
  }

  private term(): Filter {
    if (this.takeSign("(")) {
      const inner = this.or();
      if (!this.takeSign(")")) throw this.unexpected("')'");
      return inner;
    }
    const { field, lower } = this.field();
    if (this.takeWord("like")) return { kind: "like", field, lower, pattern: likePattern(this.literal()) };
    if (this.takeWord("ne")) return { kind: "differs", field, lower, values: [this.literal()] };
    if (this.takeWord("eq") || this.takeSign("=")) return { kind: "equals", field, lower, values: this.values() };
    throw this.unexpected("eq, =, ne or like");
  }

  private field(): { field: string; lower: boolean } {
    const token = this.take("word", "an attribute name");
    if (token.value.toUpperCase() !== "LOWER" || !this.takeSign("(")) return { field: token.value, lower: false };
    const { value } = this.take("word", "an attribute name");
    if (!this.takeSign(")")) throw this.unexpected("')'");
    return { field: value, lower: true };
  }

  private values(): string[] {
    if (!this.takeSign("(")) return [this.literal()];
    const values = [this.literal()];
    while (this.takeSign(",")) values.push(this.literal());
    if (!this.takeSign(")")) throw this.unexpected("',' or ')'");
    return values;
  }

  /** Quoted text, or a bare number, true or false. */
  private literal(): string {
    const token = this.tokens[this.position];
    if (token?.kind === "text" || (token?.kind === "word" && /^(-?\d+(\.\d+)?|true|false)$/i.test(token.value))) {
      this.position += 1;
      return token.value;
    }
    throw this.unexpected("a quoted value");
  }

  private take(kind: Token["kind"], wanted: string): Token {
    const token = this.tokens[this.position];
    if (token?.kind !== kind) throw this.unexpected(wanted);
    this.position += 1;
    return token;
  }

  private takeSign(value: string): boolean {
    return this.takeIf((token) => token.kind === "sign" && token.value === value);
  }

  private takeWord(value: string): boolean {
    return this.takeIf((token) => token.kind === "word" && token.value.toLowerCase() === value);
  }

  private takeIf(fits: (token: Token) => boolean): boolean {
    const token = this.tokens[this.position];
    if (!token || !fits(token)) return false;
    this.position += 1;
    return true;
  }

  private unexpected(wanted: string): Error {
    const token = this.tokens[this.position];
    return badFilter(`filter: ${wanted} expected ${token ? `at position ${token.at + 1}` : "at the end"}`);
  }
}

/** `%` stands for any characters, `_` for one. */
function likePattern(literal: string): RegExp {
  const source = literal
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return new RegExp(`^${source}$`, "s");
}
