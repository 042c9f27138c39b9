import type { DocbridgeError } from "../../errors";

/** What the tokenizer finds, in the order of the text. */
export type JsonToken =
  | { kind: "open"; array: boolean }
  | { kind: "close" }
  | { kind: "key"; name: string }
  | { kind: "value"; value: string | number | boolean | null }
  /** A piece of a streamed string: its characters without escapes, one byte each. Valid until the next token. */
  | { kind: "piece"; text: Buffer }
  | { kind: "pieces-end" };

export interface JsonLimits {
  /** Deepest nesting of objects and arrays. */
  depth: number;
  /** Bytes of text, streamed strings not counted; see `renewBudget`. */
  bytes: number;
}

export interface JsonTokenizerOptions extends JsonLimits {
  /** Makes the error of text that is no JSON, or that holds what we refuse. */
  malformed: (what: string) => DocbridgeError;
  /** Makes the error of text beyond `bytes`. */
  tooLarge: () => DocbridgeError;
  /** True for strings at this path that are to be handed on in pieces instead of being held. */
  streams?: (path: readonly (string | number)[]) => boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** Longest piece of a streamed string, in bytes. */
const PIECE_SIZE = 64 * 1024;
/** Characters of numbers and of true, false and null. */
const WORD = /[\w.+-]/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const SIMPLE_ESCAPES: Record<string, number> = { '"': 0x22, "\\": 0x5c, "/": 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 };

interface Level {
  array: boolean;
  index: number;
  key: string;
  keys: Set<string>;
}

/** `first` = after an opening bracket, where the container may also close. */
type Expecting = "value" | "first" | "key" | "colon" | "comma" | "nothing";

/**
 * Reads JSON in UTF-8 as it arrives, in chunks cut anywhere. Refuses what JSON.parse lets through in silence: a member
 * given twice, the name `__proto__`, half surrogates, deep nesting. Whole numbers too long to be exact become text.
 */
export class JsonTokenizer {
  readonly #options: JsonTokenizerOptions;
  readonly #levels: Level[] = [];
  #expecting: Expecting = "value";
  #budget: number;
  /** Raw text of an unfinished string, number or literal. */
  #held: Buffer[] = [];
  #inside: "string" | "word" | "stream" | undefined;
  /** An escape of a string that a chunk cut: the characters from the backslash on. */
  #escape = "";
  /** Bytes of a byte order mark seen; 3 = past the place where one may be. */
  #mark = 0;

  constructor(options: JsonTokenizerOptions) {
    this.#options = options;
    this.#budget = options.bytes;
  }

  /** Names and indexes that lead to the value read now. */
  get path(): (string | number)[] {
    return this.#levels.map(({ array, index, key }) => (array ? index : key));
  }

  /** Starts the count of bytes again; gives the bytes counted so far. */
  renewBudget(): number {
    const spent = this.#options.bytes - this.#budget;
    this.#budget = this.#options.bytes;
    return spent;
  }

  *write(chunk: Buffer): Generator<JsonToken> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#mark < BYTE_ORDER_MARK.length) at = this.#skipMark(chunk, at);
      else if (this.#inside === "stream") at = yield* this.#pieces(chunk, at);
      else if (this.#inside === "string") at = yield* this.#string(chunk, at);
      else if (this.#inside === "word") at = yield* this.#word(chunk, at);
      else at = yield* this.#structure(chunk, at);
    }
  }

  /** To be called after the last chunk; throws when the text ends too early. */
  *end(): Generator<JsonToken> {
    if (this.#inside === "word") yield this.#endWord();
    if (this.#inside || this.#expecting !== "nothing") throw this.#options.malformed("ends too early");
  }

  #skipMark(chunk: Buffer, at: number): number {
    if (chunk[at] === BYTE_ORDER_MARK[this.#mark]) {
      this.#mark++;
      return at + 1;
    }
    if (this.#mark > 0) throw this.#options.malformed("is not UTF-8");
    this.#mark = BYTE_ORDER_MARK.length;
    return at;
  }

  *#structure(chunk: Buffer, at: number): Generator<JsonToken, number> {
    const character = String.fromCharCode(chunk[at] ?? 0);
    if (WORD.test(character)) return this.#startWord(at);
    this.#spend(1);
    if (" \t\r\n".includes(character)) return at + 1;
    if (character === "," || character === ":") this.#separator(character);
    else if (character === "}" || character === "]") yield this.#close(character);
    else if (character === "{" || character === "[") yield this.#open(character);
    else if (character === '"') this.#startString();
    else throw this.#unexpected(character);
    return at + 1;
  }

  #separator(character: string): void {
    if (this.#expecting !== (character === "," ? "comma" : "colon")) throw this.#unexpected(character);
    const level = this.#levels.at(-1);
    if (character === ":") {
      this.#expecting = "value";
    } else if (level?.array) {
      level.index++;
      this.#expecting = "value";
    } else {
      this.#expecting = "key";
    }
  }

  #open(character: string): JsonToken {
    this.#beginValue(character);
    if (this.#levels.length >= this.#options.depth) throw this.#options.malformed(`is nested deeper than ${this.#options.depth} levels`);
    const array = character === "[";
    this.#levels.push({ array, index: 0, key: "", keys: new Set() });
    this.#expecting = "first";
    return { kind: "open", array };
  }

  #close(character: string): JsonToken {
    const level = this.#levels.at(-1);
    const mayClose = this.#expecting === "comma" || this.#expecting === "first";
    if (!level || !mayClose || level.array !== (character === "]")) throw this.#unexpected(character);
    this.#levels.pop();
    this.#endValue();
    return { kind: "close" };
  }

  #startString(): void {
    if (this.#atKey()) {
      this.#expecting = "key";
      this.#inside = "string";
      return;
    }
    this.#beginValue('"');
    this.#inside = this.#options.streams?.(this.path) ? "stream" : "string";
  }

  #atKey(): boolean {
    return this.#expecting === "key" || (this.#expecting === "first" && this.#levels.at(-1)?.array === false);
  }

  #startWord(at: number): number {
    this.#beginValue("a character");
    this.#inside = "word";
    return at;
  }

  #beginValue(character: string): void {
    const isFirst = this.#expecting === "first" && this.#levels.at(-1)?.array === true;
    if (this.#expecting !== "value" && !isFirst) throw this.#unexpected(character);
    this.#expecting = "value";
  }

  #endValue(): void {
    this.#expecting = this.#levels.length === 0 ? "nothing" : "comma";
  }

  /** Holds the raw text up to the closing quote; escapes are left for JSON.parse, which knows them all. */
  *#string(chunk: Buffer, start: number): Generator<JsonToken, number> {
    let at = start;
    while (at < chunk.length) {
      const byte = chunk[at];
      if (this.#escape !== "") this.#escape = "";
      else if (byte === BACKSLASH) this.#escape = "\\";
      else if (byte === QUOTE) break;
      at++;
    }
    this.#hold(chunk.subarray(start, at));
    if (at === chunk.length) return at;
    this.#spend(1);
    yield this.#endString();
    return at + 1;
  }

  #endString(): JsonToken {
    const text = this.#decoded(this.#take());
    this.#inside = undefined;
    if (this.#expecting === "key") return this.#keyToken(text);
    this.#endValue();
    return { kind: "value", value: text };
  }

  #keyToken(name: string): JsonToken {
    const level = this.#levels.at(-1);
    if (name === "__proto__") throw this.#options.malformed('has a member "__proto__", which is refused');
    if (level?.keys.has(name)) throw this.#options.malformed(`has the member ${JSON.stringify(name.slice(0, 100))} twice`);
    level?.keys.add(name);
    if (level) level.key = name;
    this.#expecting = "colon";
    return { kind: "key", name };
  }

  #decoded(raw: Buffer): string {
    let text: unknown;
    try {
      text = JSON.parse(`"${new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw)}"`);
    } catch {
      throw this.#options.malformed("has text that is not UTF-8 or not escaped correctly");
    }
    if (typeof text !== "string" || /\p{Surrogate}/u.test(text)) throw this.#options.malformed("has half of a surrogate pair in a text");
    return text;
  }

  *#word(chunk: Buffer, start: number): Generator<JsonToken, number> {
    let at = start;
    while (at < chunk.length && WORD.test(String.fromCharCode(chunk[at] ?? 0))) at++;
    this.#hold(chunk.subarray(start, at));
    if (at < chunk.length) yield this.#endWord();
    return at;
  }

  #endWord(): JsonToken {
    const word = this.#take().toString("latin1");
    this.#inside = undefined;
    this.#endValue();
    if (word === "null") return { kind: "value", value: null };
    if (word === "true" || word === "false") return { kind: "value", value: word === "true" };
    if (!NUMBER.test(word)) throw this.#options.malformed("has something that is neither text, number, true, false nor null");
    const number = Number(word);
    const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
    return { kind: "value", value: isExact ? number : word };
  }

  /** Hands on what a part of the chunk has of a streamed string, in one piece. */
  *#pieces(chunk: Buffer, start: number): Generator<JsonToken, number> {
    const part = chunk.subarray(start, start + PIECE_SIZE);
    const quote = part.indexOf(QUOTE);
    const upToQuote = quote === -1 ? part : part.subarray(0, quote);
    const isPlain = this.#escape === "" && !upToQuote.includes(BACKSLASH);
    const { text, read } = isPlain ? { text: upToQuote, read: upToQuote.length } : this.#unescaped(part);
    if (text.length > 0) yield { kind: "piece", text };
    if (read === part.length) return start + read;
    this.#inside = undefined;
    this.#endValue();
    yield { kind: "pieces-end" };
    return start + read + 1;
  }

  /** The text up to the closing quote or the end of the part, without its escapes, and how many bytes of it were read. */
  #unescaped(part: Buffer): { text: Buffer; read: number } {
    const target = Buffer.allocUnsafe(part.length);
    let read = 0;
    let written = 0;
    for (; read < part.length; read++) {
      const byte = part[read] ?? 0;
      if (this.#escape !== "") {
        const code = this.#escaped(byte);
        if (code !== undefined) target[written++] = code;
      } else if (byte === QUOTE) {
        break;
      } else if (byte === BACKSLASH) {
        this.#escape = "\\";
      } else {
        target[written++] = byte;
      }
    }
    return { text: target.subarray(0, written), read };
  }

  /** Takes the next character of an escape; gives the character it stands for once it is complete. */
  #escaped(byte: number): number | undefined {
    this.#escape += String.fromCharCode(byte);
    const isUnicode = this.#escape[1] === "u";
    if (isUnicode && this.#escape.length < 6) return undefined;
    const code = isUnicode ? unicodeOf(this.#escape) : SIMPLE_ESCAPES[this.#escape.charAt(1)];
    if (code === undefined) throw this.#options.malformed("has an escape in a text that is none of JSON's");
    this.#escape = "";
    // Streamed text is ASCII; anything else becomes a byte that the reader of the text refuses.
    return code < 0x80 ? code : 0xff;
  }

  #hold(bytes: Buffer): void {
    this.#spend(bytes.length);
    if (bytes.length > 0) this.#held.push(Buffer.from(bytes));
  }

  #take(): Buffer {
    const bytes = Buffer.concat(this.#held);
    this.#held = [];
    return bytes;
  }

  #spend(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget < 0) throw this.#options.tooLarge();
  }

  #unexpected(character: string): DocbridgeError {
    const shown = "{}[],:".includes(character) ? `"${character}"` : "a value";
    return this.#options.malformed(`has ${shown} where JSON allows none`);
  }
}

function unicodeOf(written: string): number | undefined {
  return /^\\u[0-9a-f]{4}$/i.test(written) ? Number.parseInt(written.slice(2), 16) : undefined;
}
