/**
 * Decodes an XML document's bytes as it declares them: byte order mark, else encoding declaration, else UTF-8. Throws
 * RangeError for an encoding that is not known and TypeError for bytes that are not in it; not `fatal`, U+FFFD stands for
 * such bytes.
 */
export class XmlText {
  readonly #fatal: boolean;
  #head: Buffer | undefined = Buffer.alloc(0);
  #decoder: TextDecoder;

  constructor({ fatal = true }: { fatal?: boolean } = {}) {
    this.#fatal = fatal;
    this.#decoder = new TextDecoder("utf-8", { fatal });
  }

  write(chunk: Buffer): string {
    if (!this.#head) return this.#decoder.decode(chunk, { stream: true });
    this.#head = Buffer.concat([this.#head, chunk]);
    return this.#head.length < HEAD_SIZE ? "" : this.#begin(this.#head);
  }

  end(): string {
    return (this.#head ? this.#begin(this.#head) : "") + this.#decoder.decode();
  }

  #begin(head: Buffer): string {
    this.#decoder = new TextDecoder(encodingOf(head), { fatal: this.#fatal });
    this.#head = undefined;
    return this.#decoder.decode(head, { stream: true });
  }
}

/** An XML declaration is shorter. */
const HEAD_SIZE = 256;

/** First bytes that tell UTF-16, with and without a mark. */
const SIGNATURES: readonly [string, readonly number[]][] = [
  ["utf-16be", [0xfe, 0xff]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0x00, 0x3c]],
  ["utf-16le", [0x3c, 0x00]],
  ["utf-8", [0xef, 0xbb, 0xbf]],
];

function encodingOf(head: Buffer): string {
  const signed = SIGNATURES.find(([, bytes]) => bytes.every((byte, at) => head[at] === byte));
  const declared = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head.toString("latin1"));
  return signed?.[0] ?? declared?.[1] ?? "utf-8";
}
