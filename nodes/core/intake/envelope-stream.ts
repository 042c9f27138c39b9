import { DocbridgeError } from "../errors";
import { Base64Decoder } from "./base64";
import { chunksOf } from "./chunks";
import { ContentPipe, type Store } from "./content-pipe";
import { badBase64, documentsOf, type EnvelopeDocument, unreadable } from "./envelope";
import { JsonBuilder } from "./json/builder";
import { type JsonToken, JsonTokenizer } from "./json/tokens";
import type { IntakeContext } from "./metadata";

export interface EnvelopeLimits {
  /** Bytes an element may have beside its content; default 1 MiB. */
  elementBytes: number;
  /** Bytes all elements together may have beside their contents; default 16 MiB. */
  totalBytes: number;
  /** Elements of `data`; default 10,000. */
  elements: number;
  /** Deepest nesting; default 32. */
  depth: number;
}

const DEFAULT_LIMITS: EnvelopeLimits = { elementBytes: 1024 * 1024, totalBytes: 16 * 1024 * 1024, elements: 10_000, depth: 32 };

/**
 * Reads an envelope from a request's body as it arrives: the bytes of each `content` go to `store` decoded and at its
 * pace, one document after the other; only the other members are held. The facts are known at the end, because members
 * may follow the content. When this throws, what was stored before is the caller's to give up. Throws DocbridgeError
 * `body-unreadable` (naming the element), `body-too-large`, and what the store and FactsBuilder throw.
 */
export async function readEnvelopeStream<T>(
  body: AsyncIterable<Uint8Array>,
  context: IntakeContext,
  store: Store<T>,
  limits: Partial<EnvelopeLimits> = {},
): Promise<EnvelopeDocument<T>[]> {
  return (await readJsonStream(body, store, limits)).documents(context);
}

/** JSON that was read as an envelope is; whether it is one shows when its documents are asked for. */
export interface StreamedJson<T> {
  /** The whole value; in the place of each content stands an object that means nothing outside. */
  value: unknown;
  /** Throws as `readEnvelopeStream`. */
  documents(context: IntakeContext): EnvelopeDocument<T>[];
}

/** As `readEnvelopeStream`, for a reply that is an envelope or something else in JSON, such as an error. */
export async function readJsonStream<T>(
  body: AsyncIterable<Uint8Array>,
  store: Store<T>,
  limits: Partial<EnvelopeLimits> = {},
): Promise<StreamedJson<T>> {
  const reading = new EnvelopeReading(store, { ...DEFAULT_LIMITS, ...limits });
  try {
    for await (const chunk of chunksOf(body, "body-unreadable", "envelope")) await reading.write(chunk);
    await reading.end();
  } catch (error) {
    await reading.abort(error);
    throw error;
  }
  return reading;
}

/** Stands in the place of a content that was streamed. */
class Streamed<T> {
  constructor(readonly stored: T) {}
}

class EnvelopeReading<T> implements StreamedJson<T> {
  readonly #store: Store<T>;
  readonly #limits: EnvelopeLimits;
  readonly #tokenizer: JsonTokenizer;
  readonly #json = new JsonBuilder();
  #contents = 0;
  #total = 0;
  #current: { pipe: ContentPipe<T>; decoder: Base64Decoder } | undefined;

  constructor(store: Store<T>, limits: EnvelopeLimits) {
    this.#store = store;
    this.#limits = limits;
    this.#tokenizer = new JsonTokenizer({
      bytes: limits.elementBytes,
      depth: limits.depth,
      malformed: (what) => unreadable("", `is no JSON: it ${what}`),
      tooLarge: () =>
        tooLarge(`${elementName(this.#tokenizer.path) || "it"} has more than ${limits.elementBytes} bytes beside its content`),
      streams: isContent,
    });
  }

  async write(chunk: Buffer): Promise<void> {
    for (const token of this.#tokenizer.write(chunk)) await this.#take(token);
  }

  async end(): Promise<void> {
    for (const token of this.#tokenizer.end()) await this.#take(token);
  }

  async abort(reason: unknown): Promise<void> {
    await this.#current?.pipe.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }

  get value(): unknown {
    return this.#json.value;
  }

  documents(context: IntakeContext): EnvelopeDocument<T>[] {
    return documentsOf(this.value, context, (content, element) => {
      if (content instanceof Streamed) return content.stored as T;
      throw unreadable(element === "" ? "content" : `${element}.content`, "is missing or no base64 text");
    });
  }

  async #take(token: JsonToken): Promise<void> {
    if (token.kind === "piece") await this.#piece(token.text);
    else if (token.kind === "pieces-end") await this.#piecesEnd();
    else this.#json.take(token);
  }

  async #piece(text: Buffer): Promise<void> {
    const { decoder, pipe } = this.#begun();
    const bytes = decoder.write(text);
    if (bytes.length > 0) await pipe.write(bytes);
  }

  async #piecesEnd(): Promise<void> {
    const { decoder, pipe } = this.#begun();
    const bytes = decoder.end();
    if (bytes.length > 0) await pipe.write(bytes);
    this.#json.put(new Streamed(await pipe.end()));
    this.#current = undefined;
    this.#total += this.#tokenizer.renewBudget();
    if (this.#total > this.#limits.totalBytes) throw tooLarge(`it has more than ${this.#limits.totalBytes} bytes beside the contents`);
  }

  #begun(): { pipe: ContentPipe<T>; decoder: Base64Decoder } {
    if (!this.#current) {
      if (this.#contents >= this.#limits.elements) throw tooLarge(`it has more than ${this.#limits.elements} documents`);
      const decoder = new Base64Decoder(badBase64(elementName(this.#tokenizer.path)));
      this.#current = { decoder, pipe: new ContentPipe(this.#store, this.#contents++) };
    }
    return this.#current;
  }
}

/** `content` of the single object, of the one element of `data`, or of an element of the list `data`. */
function isContent(path: readonly (string | number)[]): boolean {
  const [first, second, third] = path;
  if (path.length === 1) return first === "content";
  if (path.length === 2) return first === "data" && second === "content";
  return path.length === 3 && first === "data" && typeof second === "number" && third === "content";
}

function elementName([first, second]: readonly (string | number)[]): string {
  if (first !== "data") return "";
  return typeof second === "number" ? `data[${second}]` : "data";
}

function tooLarge(what: string): DocbridgeError {
  return new DocbridgeError("body-too-large", {
    message: `The envelope is too large: ${what}. Send fewer documents in one envelope, or raise the limit.`,
    subject: "envelope",
  });
}
