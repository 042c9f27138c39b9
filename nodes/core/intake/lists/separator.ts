import { DocbridgeError } from "../../errors";
import { isSeparator } from "./separator-text";

const ESCAPES: Record<string, string> = { t: "\t", n: "\n", r: "\r" };

/**
 * The bytes of a separator as a person writes it: hexadecimal bytes (`0x1F`, `0x0D0A`, `0x1E 0x1F`), `\t`, `\n`, `\r`, or the
 * text itself. Throws DocbridgeError `configuration` naming the field for an empty or half-written one.
 */
export function separatorBytes(text: string, field: string): Buffer {
  if (!isSeparator(text)) {
    throw new DocbridgeError("configuration", {
      message: `The field '${field}' is no separator. Write it as it is (; or |), as \\t, or as hexadecimal bytes (0x1F).`,
      subject: field,
    });
  }
  if (/^0x/i.test(text)) return Buffer.from(text.replace(/\s+|0x/gi, ""), "hex");
  return Buffer.from(text.replace(/\\([tnr])/g, (_all, letter: string) => ESCAPES[letter] as string));
}
