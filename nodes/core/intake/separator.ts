import { DocbridgeError } from "../errors";

/**
 * The bytes of a separator as a person writes it: hexadecimal bytes (`0x1F`, `0x0D0A`, `0x1E 0x1F`), `\t`, `\n`, `\r`, or the
 * text itself. Throws DocbridgeError `configuration` naming the field for an empty or half-written one.
 */
export function separatorBytes(text: string, field: string): Buffer {
  const bytes = parsed(text);
  if (bytes.length > 0) return bytes;
  throw new DocbridgeError("configuration", {
    message: `The field '${field}' is no separator. Write it as it is (; or |), as \\t, or as hexadecimal bytes (0x1F).`,
    subject: field,
  });
}

/** Whether a text is a separator. */
export function isSeparator(text: string): boolean {
  return parsed(text).length > 0;
}

function parsed(text: string): Buffer {
  if (!/^0x/i.test(text)) {
    return Buffer.from(text.replace(/\\([tnr])/g, (_all, letter: string) => ({ t: "\t", n: "\n", r: "\r" })[letter] as string));
  }
  const digits = text.replace(/\s+|0x/gi, "");
  return /^([0-9a-f]{2})+$/i.test(digits) ? Buffer.from(digits, "hex") : Buffer.alloc(0);
}
