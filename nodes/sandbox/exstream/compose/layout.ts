import { textWidth, winAnsi } from "./helvetica";
import { pdfString } from "./pdf";

/** A4 in points. */
export const PAGE_WIDTH = 595;
export const PAGE_HEIGHT = 842;

const LEFT = 56;
const RIGHT = 539;
const TOP = 780;
const BOTTOM = 70;
const FOOT = 40;
const LEADING = 14;
const TEXT_SIZE = 10;
const HEADING_SIZE = 16;
/** Where the middle column of a row begins and may end. */
const MIDDLE = 140;
const MIDDLE_WIDTH = 300;

/**
 * Sets the lines a template gave onto pages, as PDF content streams. The first character of a line says what it is:
 * `h` heading, `p` paragraph (broken at the margin), `r` row of three cells parted by tabs (date, text, amount),
 * `-` rule; then a space and the text. An empty line is a gap.
 * `footer` gives the last line of a page; `leastPages` adds pages that carry their footer only.
 */
export function layOut(lines: string[], leastPages: number, footer: (page: number, pages: number) => string): string[] {
  const pages: string[] = [];
  let current = "";
  let y = TOP;
  const room = (height: number) => {
    if (y - height >= BOTTOM) return;
    pages.push(current);
    current = "";
    y = TOP;
  };
  for (const line of lines) {
    switch (line[0]) {
      case "h":
        room(2 * LEADING);
        current += show("F2", HEADING_SIZE, LEFT, y, winAnsi(line.slice(2)));
        y -= 2 * LEADING;
        break;
      case "r":
        room(LEADING);
        current += row(cellsOf(line), y);
        y -= LEADING;
        break;
      case "-":
        room(LEADING);
        current += `${LEFT} ${y + 4} m ${RIGHT} ${y + 4} l S\n`;
        y -= LEADING;
        break;
      case undefined:
        y -= LEADING;
        break;
      default:
        for (const part of broken(winAnsi(line.slice(2)).split(" "), RIGHT - LEFT)) {
          room(LEADING);
          current += show("F1", TEXT_SIZE, LEFT, y, part);
          y -= LEADING;
        }
    }
  }
  pages.push(current);
  while (pages.length < leastPages) pages.push("");
  return pages.map((page, index) => page + show("F1", 8, LEFT, FOOT, winAnsi(footer(index + 1, pages.length))));
}

function cellsOf(line: string): string[] {
  return line.slice(2).split("\t").map(winAnsi);
}

function row([first = "", middle = "", last = ""]: string[], y: number): string {
  const shown = broken(middle.split(" "), MIDDLE_WIDTH)[0] ?? "";
  return (
    show("F1", TEXT_SIZE, LEFT, y, first) +
    show("F1", TEXT_SIZE, MIDDLE, y, shown) +
    show("F1", TEXT_SIZE, RIGHT - textWidth(last, TEXT_SIZE), y, last)
  );
}

function show(font: string, size: number, x: number, y: number, encoded: string): string {
  return encoded ? `BT /${font} ${size} Tf ${x.toFixed(2)} ${y} Td (${pdfString(encoded)}) Tj ET\n` : "";
}

/** Breaks words into lines no wider than `width` points; a word that alone is wider is cut. */
function broken(words: string[], width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    const longer = line ? `${line} ${word}` : word;
    if (textWidth(longer, TEXT_SIZE) <= width) {
      line = longer;
      continue;
    }
    if (line) lines.push(line);
    line = word;
    while (textWidth(line, TEXT_SIZE) > width) {
      let fits = line.length - 1;
      while (fits > 1 && textWidth(line.slice(0, fits), TEXT_SIZE) > width) fits -= 1;
      lines.push(line.slice(0, fits));
      line = line.slice(fits);
    }
  }
  if (line) lines.push(line);
  return lines;
}
