import { padding } from "./padding";

/**
 * A small PDF 1.4 writer. Not a library, because the sandbox needs three things at once that PDF libraries do not
 * give: a file of exactly N bytes, written as a stream up to 1 GB without holding it, and hundreds a second on the
 * one thread that Node-RED also uses. Text in two standard fonts is all a statement needs.
 */

export interface PdfSpec {
  /** WinAnsi text for the document information. */
  title: string;
  subject: string;
  /** One content stream a page, a character (0 to 255) a byte. */
  pages: string[];
  width: number;
  height: number;
  /** 32 bytes that make the file identifier and the filler. */
  seed: Buffer;
  /** Exact size of the file in bytes; the natural size when absent. */
  size?: number;
}

export interface PdfFile {
  size: number;
  /** The bytes, in order, in pieces of up to 1 MiB that must not be changed. */
  chunks(): Iterable<Buffer>;
}

/** The wanted size cannot hold the document. */
export class SizeTooSmall extends Error {
  constructor(
    readonly wanted: number,
    readonly least: number,
  ) {
    super(`a size of ${wanted} bytes is too small: this document needs at least ${least}`);
  }
}

const FIRST_PAGE_OBJECT = 6;

/**
 * Lays out the file: header, catalog, page tree, two fonts, information, a page and a content stream per page, then
 * (for an exact size) one unused stream object of noise, cross-reference table and trailer.
 * Throws `SizeTooSmall`.
 */
export function buildPdf(spec: PdfSpec): PdfFile {
  const objects = documentObjects(spec);
  const offsets: number[] = [];
  let head = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n";
  for (const [index, body] of objects.entries()) {
    offsets.push(head.length);
    head += `${index + 1} 0 obj\n${body}\nendobj\n`;
  }
  const headBytes = Buffer.from(head, "latin1");
  if (spec.size === undefined) {
    const tail = Buffer.from(trailer(offsets, head.length, spec.seed), "latin1");
    return fileOf(headBytes, 0, tail, spec.seed);
  }
  offsets.push(head.length);
  return padded(headBytes, offsets, objects.length + 1, spec.seed, spec.size);
}

function padded(head: Buffer, offsets: number[], object: number, seed: Buffer, size: number): PdfFile {
  // The width of the length is fixed, so it does not move what follows.
  const opening = (length: number) => `${object} 0 obj\n<< /Length ${String(length).padEnd(12)} >>\nstream\n`;
  const closing = "\nendstream\nendobj\n";
  const bareTail = trailer(offsets, 0, seed).length - 1;
  const least = head.length + opening(0).length + closing.length + bareTail + String(size).length + 1;
  if (size < least) throw new SizeTooSmall(size, least);
  const { xref, extra } = placeOfXref(size, bareTail);
  const length = xref - head.length - opening(0).length - closing.length;
  const before = Buffer.concat([head, Buffer.from(opening(length), "latin1")]);
  return fileOf(before, length, Buffer.from(closing + trailer(offsets, xref, seed) + extra, "latin1"), seed);
}

/**
 * The trailer names the place of the table, and the width of that number changes the trailer's own length: finds the
 * place that fits. Between 99…9 and 10…0 none does without one more line feed at the end.
 */
function placeOfXref(size: number, bareTail: number): { xref: number; extra: string } {
  const widest = String(size).length;
  for (let digits = 1; digits <= widest; digits += 1) {
    const xref = size - bareTail - digits;
    if (String(xref).length === digits) return { xref, extra: "" };
  }
  const { xref } = placeOfXref(size - 1, bareTail);
  return { xref, extra: "\n" };
}

function documentObjects(spec: PdfSpec): string[] {
  const kids = spec.pages.map((_content, index) => `${FIRST_PAGE_OBJECT + 2 * index} 0 R`);
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids.join(" ")}] /Count ${kids.length} /MediaBox [0 0 ${spec.width} ${spec.height}] >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    `<< /Title (${pdfString(spec.title)}) /Subject (${pdfString(spec.subject)}) /Producer (Docbridge sandbox) >>`,
  ];
  for (const [index, content] of spec.pages.entries()) {
    const contentObject = FIRST_PAGE_OBJECT + 2 * index + 1;
    objects.push(`<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents ${contentObject} 0 R >>`);
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  }
  return objects;
}

function trailer(offsets: number[], xref: number, seed: Buffer): string {
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const id = seed.subarray(0, 16).toString("hex");
  return (
    `xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${entries}` +
    `trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R /Info 5 0 R /ID [<${id}> <${id}>] >>\nstartxref\n${xref}\n%%EOF\n`
  );
}

function fileOf(head: Buffer, filler: number, tail: Buffer, seed: Buffer): PdfFile {
  return {
    size: head.length + filler + tail.length,
    *chunks() {
      yield head;
      if (filler > 0) yield* padding(seed, filler, "binary");
      yield tail;
    },
  };
}

/** WinAnsi text as the inside of a PDF string. */
export function pdfString(encoded: string): string {
  return encoded.replace(/[\\()]/g, "\\$&");
}
