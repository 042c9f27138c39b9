import { syntaxFailure } from "./errors";

export interface Token {
  kind: "word" | "string" | "number" | "sign" | "end";
  /** Words in lower case; strings without quotes and with `''` turned into `'`. */
  text: string;
  /** Position of the first character in the query. */
  at: number;
}

const SPACE = /\s*/y;
const WORD = /[A-Za-z_][A-Za-z0-9_.]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /'(?:[^']|'')*'/y;
const SIGN = /<>|!=|<=|>=|[=<>(),*]/y;

/** Splits a query into tokens; the last one is `end`. Throws the syntax failure at a character that starts none. */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(query)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  for (take(SPACE); at < query.length; take(SPACE)) {
    const start = at;
    const token = readToken(take);
    if (!token) throw syntaxFailure(query.slice(start));
    tokens.push({ ...token, at: start });
  }
  return [...tokens, { kind: "end", text: "", at: query.length }];
}

function readToken(take: (pattern: RegExp) => string | undefined): Omit<Token, "at"> | undefined {
  const word = take(WORD);
  if (word !== undefined) return { kind: "word", text: word.toLowerCase() };
  const quoted = take(STRING);
  if (quoted !== undefined) return { kind: "string", text: quoted.slice(1, -1).replaceAll("''", "'") };
  const number = take(NUMBER);
  if (number !== undefined) return { kind: "number", text: number };
  const sign = take(SIGN);
  return sign === undefined ? undefined : { kind: "sign", text: sign };
}

/** Walks over tokens. */
export class TokenReader {
  private at = 0;
  private readonly tokens: Token[];

  constructor(private readonly text: string) {
    this.tokens = tokenize(text);
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  /** Takes the next token if it is this word or sign. */
  accept(text: string): boolean {
    const { kind, text: found } = this.peek();
    if (found !== text || (kind !== "word" && kind !== "sign")) return false;
    this.at += 1;
    return true;
  }

  /** Takes the next token, which must be this word or sign. */
  expect(text: string): void {
    if (!this.accept(text)) throw this.failure();
  }

  expectKind(kind: Token["kind"]): string {
    if (this.peek().kind !== kind) throw this.failure();
    return this.next().text;
  }

  /** The syntax failure at the next token. */
  failure(): Error {
    return syntaxFailure(this.text.slice(this.peek().at) || "end of the query");
  }
}
