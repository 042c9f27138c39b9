/** Advance widths of Helvetica for the codes 32 to 126, in thousandths of the font size (Adobe font metrics). */
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278,
  278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722,
  667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556,
  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/** Most letters with accents are as wide as their base letter; close enough to break lines by. */
const OTHER_WIDTH = 556;

/** Characters of WinAnsiEncoding between 0x80 and 0x9f; `?` marks the codes it leaves empty. */
const HIGH_CONTROLS = "€?‚ƒ„…†‡ˆ‰Š‹Œ?Ž??‘’“”•–—˜™š›œ?žŸ";

/**
 * Text as WinAnsiEncoding, one character (0 to 255) a byte. Characters the encoding lacks become `?`, control
 * characters a space.
 */
export function winAnsi(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  let encoded = "";
  for (const character of text.normalize("NFC")) {
    const code = character.codePointAt(0) as number;
    const high = HIGH_CONTROLS.indexOf(character);
    if (code < 0x20 || code === 0x7f) encoded += " ";
    else if (code < 0x7f || (code >= 0xa0 && code <= 0xff)) encoded += character;
    else if (high >= 0 && character !== "?") encoded += String.fromCharCode(0x80 + high);
    else encoded += "?";
  }
  return encoded;
}

/** Width of WinAnsi text in points. */
export function textWidth(encoded: string, fontSize: number): number {
  let width = 0;
  for (let at = 0; at < encoded.length; at += 1) width += WIDTHS[encoded.charCodeAt(at) - 32] ?? OTHER_WIDTH;
  return (width * fontSize) / 1000;
}
