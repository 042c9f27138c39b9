import type { DocbridgeError } from "../errors";

/**
 * Decodes base64 that arrives in pieces cut anywhere. Strict where a mistake could hide lost bytes (alphabet of RFC 4648
 * section 4, padding required, no stray bits in the last group); blanks and line breaks are allowed, as in MIME.
 */
export class Base64Decoder {
  readonly #refuse: (what: string) => DocbridgeError;
  /** Up to three characters that make no full group yet. */
  #carry = "";
  #padding = 0;

  constructor(refuse: (what: string) => DocbridgeError) {
    this.#refuse = refuse;
  }

  /** The bytes that are complete with these characters, one a byte. */
  write(text: Buffer): Buffer {
    const characters = this.#carry + text.toString("latin1");
    if (this.#padding === 0) {
      const bytes = this.#groups(characters);
      if (bytes) return bytes;
    }
    return this.#compact(characters.replace(/[ \t\r\n]+/g, ""));
  }

  /** The bytes of the last, padded group. */
  end(): Buffer {
    if (this.#carry === "" && this.#padding === 0) return Buffer.alloc(0);
    const group = this.#carry + "=".repeat(this.#padding);
    if (group.length !== 4) throw this.#refuse("ends in the middle of a group");
    const bytes = Buffer.from(group, "base64");
    if (bytes.toString("base64") !== group) throw this.#refuse("ends in a group that is none");
    return bytes;
  }

  /** Decodes full groups and keeps the rest; undefined when a character is not of the alphabet. */
  #groups(characters: string): Buffer | undefined {
    const usable = characters.length - (characters.length % 4);
    const bytes = decoded(characters.slice(0, usable));
    const rest = characters.slice(usable);
    if (!bytes || !/^[A-Za-z0-9+/]*$/.test(rest)) return undefined;
    this.#carry = rest;
    return bytes;
  }

  #compact(characters: string): Buffer {
    const at = characters.indexOf("=");
    const body = at === -1 ? characters : characters.slice(0, at);
    const padding = at === -1 ? "" : characters.slice(at);
    const bodyAfterPadding = this.#padding > 0 && body !== this.#carry;
    this.#padding += padding.length;
    const bytes = this.#groups(body);
    if (!bytes || bodyAfterPadding || this.#padding > 2 || !/^=*$/.test(padding))
      throw this.#refuse("has a character that base64 has not there");
    return bytes;
  }
}

/** Undefined unless every character is of the alphabet: Node leaves others out, and then the length is too small. */
function decoded(groups: string): Buffer | undefined {
  const bytes = Buffer.from(groups, "base64");
  const isUrlAlphabet = groups.includes("-") || groups.includes("_");
  return bytes.length === (groups.length / 4) * 3 && !isUrlAlphabet ? bytes : undefined;
}
