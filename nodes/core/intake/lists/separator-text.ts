/** Hexadecimal bytes, `0x1F`, `0x0D0A` or `0x1E 0x1F`; the dialog checks with it too. */
const HEXADECIMAL = /^0x[0-9a-f]{2}(\s*(0x)?[0-9a-f]{2})*$/i;

/** Whether a text is a separator: hexadecimal bytes where it begins like them, otherwise anything. */
export function isSeparator(text: string): boolean {
  return /^0x/i.test(text) ? HEXADECIMAL.test(text) : text !== "";
}
