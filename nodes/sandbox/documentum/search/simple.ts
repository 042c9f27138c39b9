import { badRequest } from "../wire/failures";
import type { Expression } from "./query";

const TOKEN = /"([^"]*)"|([()])|([+-]?)([^\s()"]+)/g;

interface Token {
  text: string;
  phrase: boolean;
  sign: string;
}

/**
 * A query in the Simple Search Language: words (all of them must be there), `"phrases"`, `OR`, `AND`, `NOT`, `-word`,
 * `+word`, brackets, `*` for any letters. Throws 400 when it is malformed or empty.
 */
export function readSimple(text: string): Expression {
  const tokens = [...text.matchAll(TOKEN)].map(([whole, phrase, bracket, sign = "", word = ""]): Token => {
    if (phrase !== undefined) return { text: phrase, phrase: true, sign: "" };
    return bracket === undefined ? { text: word, phrase: false, sign } : { text: whole, phrase: false, sign: "" };
  });
  if (tokens.length === 0) throw badRequest("The query parameter 'q' is needed.");
  const reader = new Reader(tokens);
  const expression = reader.disjunction();
  if (!reader.isDone()) throw malformed();
  return expression;
}

class Reader {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  isDone(): boolean {
    return this.at >= this.tokens.length;
  }

  disjunction(): Expression {
    const parts = [this.conjunction()];
    while (this.accept("OR")) parts.push(this.conjunction());
    return joined("OR", parts);
  }

  private conjunction(): Expression {
    const parts = [this.factor()];
    while (!this.isDone() && !this.sees("OR") && !this.sees(")")) {
      this.accept("AND");
      parts.push(this.factor());
    }
    return joined("AND", parts);
  }

  private factor(): Expression {
    if (this.accept("NOT")) return { kind: "not", inner: this.factor() };
    if (this.accept("(")) {
      const inner = this.disjunction();
      if (!this.accept(")")) throw malformed();
      return inner;
    }
    const token = this.tokens[this.at];
    if (!token || (!token.phrase && /^(?:AND|OR|\))$/.test(token.text))) throw malformed();
    this.at += 1;
    const term: Expression = { kind: "fulltext", term: token.text };
    return token.sign === "-" ? { kind: "not", inner: term } : term;
  }

  private sees(word: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && !token.phrase && token.text === word;
  }

  private accept(word: string): boolean {
    if (!this.sees(word)) return false;
    this.at += 1;
    return true;
  }
}

function joined(operator: "AND" | "OR", parts: Expression[]): Expression {
  return parts.length === 1 ? (parts[0] as Expression) : { kind: "set", operator, parts };
}

function malformed(): Error {
  return badRequest("The full-text expression is malformed.");
}
