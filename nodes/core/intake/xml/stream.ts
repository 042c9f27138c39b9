import type { DocbridgeError } from "../../errors";
import { xmlParser } from "./parser";

/** Takes the text of one element while it arrives. */
export interface ContentSink {
  write(text: string): Promise<void>;
  end(): Promise<void>;
}

export interface StreamedXmlRules {
  /** Characters that may stand outside of streamed elements, all together. */
  characters: number;
  /** An element begins; `path` is its names from the root, without prefixes. Gives the sink of an element whose text is streamed. */
  open(path: readonly string[]): ContentSink | undefined;
  /** An element without children has ended, and this is its text. */
  leaf(path: readonly string[], text: string): void;
  close(path: readonly string[]): void;
  /** Makes an error; `what` says what the XML does. */
  unreadable(what: string, cause?: unknown): DocbridgeError;
  tooLarge(what: string): DocbridgeError;
}

/** SOAP envelopes of the services we know are a quarter as deep. */
const DEEPEST = 32;
/** The white space that XML writers put into base64 as references, because a parser would change it as it is. */
const BLANK_REFERENCE = /&#(?:0*(?:9|10|13|32)|[xX]0*(?:9|[aA]|[dD]|20));/g;
/** No such reference is longer, so a text that ends in the middle of one keeps less than this back. */
const REFERENCE_LENGTH = 12;

/**
 * XML some of whose elements are too long to be held. The parser keeps a text until the next tag, so the text of a streamed
 * element does not go through it: from the tag that begins such an element, text up to the next `<` goes to the sink. No
 * DTD, no entities but the five of XML. A streamed element holds no other element.
 */
export class StreamedXml {
  private readonly parser;
  private readonly path: string[] = [];
  private text = "";
  private isLeaf = false;
  private seen = 0;
  private streamed: { sink: ContentSink; isOver: boolean } | undefined;
  /** The end of a streamed text that may be the beginning of a reference. */
  private kept = "";
  /** Between a `<` and the next `>`. */
  private inMarkup = true;

  constructor(private readonly rules: StreamedXmlRules) {
    this.parser = xmlParser({
      open: (name) => this.open(name.slice(name.lastIndexOf(":") + 1)),
      text: (text) => (this.text += text),
      close: () => this.close(),
      refuse: rules.unreadable,
    });
  }

  async write(text: string): Promise<void> {
    let at = 0;
    while (at < text.length) {
      const isText = this.streamed !== undefined && !this.inMarkup;
      const found = text.indexOf(isText ? "<" : ">", at);
      const end = found === -1 ? text.length : found + (isText ? 0 : 1);
      const part = text.slice(at, end);
      if (isText) await this.stream(part, found !== -1);
      else await this.parse(part, found !== -1);
      if (found !== -1) this.inMarkup = isText;
      at = end;
    }
  }

  /** Throws where the XML has no end. */
  end(): void {
    this.parser.close();
  }

  /** Text of the streamed element; `isWhole` when a tag follows. */
  private async stream(text: string, isWhole: boolean): Promise<void> {
    let plain = this.kept + text;
    this.kept = "";
    if (plain.includes("&")) {
      plain = plain.replace(BLANK_REFERENCE, " ");
      const last = plain.lastIndexOf("&");
      if (!isWhole && last > plain.length - REFERENCE_LENGTH && last !== -1) {
        this.kept = plain.slice(last);
        plain = plain.slice(0, last);
      }
    }
    if (plain !== "") await this.streamed?.sink.write(plain);
  }

  /** Everything else, a tag at a time. */
  private async parse(part: string, isTag: boolean): Promise<void> {
    this.seen += part.length;
    if (this.seen > this.rules.characters) {
      throw this.rules.tooLarge(`has more than ${this.rules.characters} characters beside its contents`);
    }
    this.parser.write(part);
    if (!isTag || !this.streamed) return;
    // A CDATA section comes from the parser.
    const { sink, isOver } = this.streamed;
    if (this.text !== "") await sink.write(this.text);
    this.text = "";
    if (!isOver) return;
    this.streamed = undefined;
    await sink.end();
  }

  private open(name: string): void {
    if (this.streamed) throw this.rules.unreadable(`has an element inside of '${this.path.at(-1)}'`);
    if (this.path.length >= DEEPEST) throw this.rules.unreadable(`is nested deeper than ${DEEPEST} levels`);
    this.path.push(name);
    this.text = "";
    this.isLeaf = true;
    const sink = this.rules.open(this.path);
    if (sink) this.streamed = { sink, isOver: false };
  }

  private close(): void {
    if (this.streamed) {
      this.streamed.isOver = true;
    } else {
      if (this.isLeaf) this.rules.leaf(this.path, this.text.trim());
      this.rules.close(this.path);
      this.text = "";
    }
    this.path.pop();
    this.isLeaf = false;
  }
}
