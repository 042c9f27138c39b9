import type { DocbridgeError } from "../../errors";
import { Base64Decoder } from "../base64";
import { ContentPipe, type Store } from "../content-pipe";
import type { EnvelopeDocument } from "../envelope";
import { FactsBuilder } from "../facts";
import { mediaTypeFor, mediaTypeOf } from "../media-types";
import type { IntakeContext } from "../metadata";
import type { ContentSink } from "../xml/stream";

/** The one code of `PDL` (page description language) that is known; those of other types are not public. */
const PDL_OF_PDF = "4";
const NUMBERS = new Set(["messageLength", "outputLength", "PDL", "pageCount", "returnCode", "userDataLength"]);

export interface EwsDocument<T> extends EnvelopeDocument<T> {
  /** Of the engine, for this file; what each code means is not public. */
  returnCode?: number;
}

/** One `files` element of a reply, in whatever order its parts come. */
export class EwsFile<T> {
  private readonly facts: FactsBuilder;
  private readonly header = new Map<string, string>();
  private fileName = "";
  private pipe: ContentPipe<T> | undefined;
  private stored: { content: T } | undefined;

  constructor(
    private readonly index: number,
    context: IntakeContext,
    private readonly store: Store<T>,
    private readonly unreadable: (what: string) => DocbridgeError,
  ) {
    this.facts = new FactsBuilder(context);
  }

  /** Takes the base64 of `fileOutput` and hands it on decoded. */
  content(): ContentSink {
    if (this.pipe) throw this.unreadable(`has two contents in files[${this.index}]`);
    const decoder = new Base64Decoder((what) => this.unreadable(`has a content in files[${this.index}] that is no base64: it ${what}`));
    const pipe = new ContentPipe(this.store, this.index);
    this.pipe = pipe;
    const hand = async (bytes: Buffer) => {
      if (bytes.length > 0) await pipe.write(bytes);
    };
    return {
      write: (text) => hand(decoder.write(Buffer.from(text))),
      end: async () => {
        await hand(decoder.end());
        this.stored = { content: await pipe.end() };
      },
    };
  }

  /** An element of the file (`parent` is `files`) or of its header. */
  take(parent: string, name: string, text: string): void {
    if (parent === "fileHeader") this.header.set(name, text);
    else if (name === "fileName") this.fileName = text;
    else if (name !== "fileHeader") this.facts.add(name, text);
  }

  /** Everything that was taken; the header is metadata under its own names. Throws what FactsBuilder throws, and for a missing content. */
  document(): EwsDocument<T> {
    if (!this.stored) throw this.unreadable(`has no content in files[${this.index}]`);
    const name = `files[${this.index}]`;
    for (const [key, value] of this.header) {
      if (value !== "") this.facts.add(key, NUMBERS.has(key) && /^-?\d{1,15}$/.test(value) ? Number(value) : value);
    }
    this.facts.known("fileName", this.fileName, `${name}.fileName`);
    this.facts.known("mediaType", this.toldType(), `${name}.fileHeader.PDL`);
    this.facts.fallback("mediaType", mediaTypeFor(`x.${this.header.get("defaultExtension") ?? ""}`), `${name}.fileHeader.defaultExtension`);
    const returnCode = Number(this.header.get("returnCode") || Number.NaN);
    return { facts: this.facts.build(), content: this.stored.content, ...(Number.isNaN(returnCode) ? {} : { returnCode }) };
  }

  async abort(reason: unknown): Promise<void> {
    await this.pipe?.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }

  /** What the header says of the type; a file name that has an extension says more than the header's extension. */
  private toldType(): string | undefined {
    const named = mediaTypeOf(this.header.get("fileType"));
    return named ?? (this.header.get("PDL") === PDL_OF_PDF ? "application/pdf" : mediaTypeFor(this.fileName));
  }
}
