import type { DocbridgeError } from "../../errors";
import { Base64Decoder } from "../base64";
import type { ContentSink } from "../xml/stream";

/** A code of the engine's message file, and how many lines have it. */
export interface EngineMessage {
  code: string;
  count: number;
}

/** Codes begin a line and have the style `EX######` with a letter: severe, error, warning, information (wire/exstream.md 8.4). */
const CODE = /^[ \t]*(EX\d{6}[SEWI])\b/;
/** The beginning of a line that is looked at. */
const LINE_BEGIN = 64;
const MAX_CODES = 1000;

/** What a message file says, without what it says of customers: its codes. */
export class EngineMessages {
  private readonly counts = new Map<string, number>();
  private line = "";

  /** All codes, in the order they came first. */
  get all(): EngineMessage[] {
    return [...this.counts].map(([code, count]) => ({ code, count }));
  }

  /** Those that say that something was not composed: of severity S (severe) and E (error). */
  get failures(): EngineMessage[] {
    return this.all.filter(({ code }) => /[SE]$/.test(code));
  }

  /** Takes the file's base64. */
  content(unreadable: (what: string) => DocbridgeError): ContentSink {
    const decoder = new Base64Decoder((what) => unreadable(`has an engineMessage that is no base64: it ${what}`));
    return {
      write: async (text) => this.read(decoder.write(Buffer.from(text))),
      end: async () => {
        this.read(decoder.end());
        this.endLine();
      },
    };
  }

  private read(bytes: Buffer): void {
    const [first = "", ...others] = bytes.toString("latin1").split("\n");
    this.addToLine(first);
    for (const each of others) {
      this.endLine();
      this.addToLine(each);
    }
  }

  private addToLine(part: string): void {
    if (this.line.length < LINE_BEGIN) this.line += part.slice(0, LINE_BEGIN);
  }

  private endLine(): void {
    const code = CODE.exec(this.line)?.[1];
    this.line = "";
    if (code === undefined || (this.counts.size >= MAX_CODES && !this.counts.has(code))) return;
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }
}
