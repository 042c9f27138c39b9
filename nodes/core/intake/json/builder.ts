import type { JsonToken } from "./tokens";

type Container = unknown[] | Record<string, unknown>;

/** Makes the value of the tokens of one JSON text. The tokenizer has already refused what could do harm. */
export class JsonBuilder {
  readonly #open: Container[] = [];
  #key = "";
  #root: unknown;

  /** The whole value, once the text has ended. */
  get value(): unknown {
    return this.#root;
  }

  take(token: JsonToken): void {
    if (token.kind === "key") this.#key = token.name;
    else if (token.kind === "value") this.put(token.value);
    else if (token.kind === "close") this.#open.pop();
    else if (token.kind === "open") this.#begin(token.array ? [] : {});
  }

  /** Puts a value where the next one belongs; for what stands in the place of a streamed string. */
  put(value: unknown): void {
    const container = this.#open.at(-1);
    if (container === undefined) this.#root = value;
    else if (Array.isArray(container)) container.push(value);
    else container[this.#key] = value;
  }

  #begin(container: Container): void {
    this.put(container);
    this.#open.push(container);
  }
}
