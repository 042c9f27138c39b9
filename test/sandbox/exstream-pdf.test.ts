import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { composeStatement } from "../../dist/sandbox/exstream/compose/compose.js";
import type { Customer } from "../../dist/sandbox/exstream/compose/customer.js";
import { fictitiousCustomers } from "../../dist/sandbox/exstream/compose/fictitious.js";
import { buildPdf, SizeTooSmall } from "../../dist/sandbox/exstream/compose/pdf.js";
import { CUSTOMERS, sha256 } from "./exstream-support.ts";

const customers = fictitiousCustomers(1000, 7);

function bytesOf(composed: { chunks(): Iterable<Buffer> }): Buffer {
  return Buffer.concat([...composed.chunks()]);
}

/** Reads a PDF by its cross-reference table and checks that every part is where the table says. */
function readPdf(bytes: Buffer): { objects: string[]; pages: number; trailer: string } {
  const text = bytes.toString("latin1");
  text.startsWith("%PDF-1.4\n").should.be.true();
  const end = /startxref\n(\d+)\n%%EOF\n{1,2}$/.exec(text);
  should.exist(end);
  const xref = Number(end?.[1]);
  const table = /^xref\n0 (\d+)\n((?:\d{10} \d{5} [fn] \n)+)trailer\n(<<.*>>)\n/.exec(text.slice(xref, text.length));
  should.exist(table);
  const entries = (table?.[2] ?? "").split("\n").filter(Boolean);
  entries.should.have.length(Number(table?.[1]));
  should(entries[0]).equal("0000000000 65535 f ");
  const offsets = entries.slice(1).map((entry) => Number(entry.slice(0, 10)));
  const objects = offsets.map((offset, index) => {
    const head = `${index + 1} 0 obj\n`;
    text.slice(offset, offset + head.length).should.equal(head);
    const stop = offsets[index + 1] ?? xref;
    text.slice(offset, stop).endsWith("\nendobj\n").should.be.true();
    return text.slice(offset + head.length, stop - "\nendobj\n".length);
  });
  for (const object of objects) {
    const stream = /^<<(?:.*?)\/Length (\d+) *>>\nstream\n/s.exec(object);
    if (stream) (object.length - stream[0].length).should.equal(Number(stream[1]) + "\nendstream".length);
  }
  should(objects[0]).equal("<< /Type /Catalog /Pages 2 0 R >>");
  const kids = /\/Kids \[(.*?)\] \/Count (\d+)/.exec(objects[1] ?? "");
  const kidNumbers = (kids?.[1] ?? "").match(/\d+ 0 R/g) ?? [];
  kidNumbers.should.have.length(Number(kids?.[2]));
  for (const kid of kidNumbers) should(objects[Number.parseInt(kid, 10) - 1]).startWith("<< /Type /Page /Parent 2 0 R");
  return { objects, pages: kidNumbers.length, trailer: table?.[3] ?? "" };
}

describe("exstream composer: PDF", function () {
  this.timeout(60_000);
  it("writes a whole document: header, objects, cross-reference table, trailer", () => {
    const composed = composeStatement("job-1", 0, customers.at(0), "pdf", {});
    const bytes = bytesOf(composed);
    bytes.length.should.equal(composed.size);
    const { pages, trailer, objects } = readPdf(bytes);
    pages.should.equal(1);
    composed.pages.should.equal(1);
    trailer.should.match(/\/Size \d+ \/Root 1 0 R \/Info 5 0 R \/ID \[<[0-9a-f]{32}> <[0-9a-f]{32}>\]/);
    should(objects[2]).containEql("/BaseFont /Helvetica /Encoding /WinAnsiEncoding");
  });

  it("sets umlauts, the euro sign and reserved characters in WinAnsi", () => {
    const customer = { ...CUSTOMERS[0], currency: "€" } as Customer;
    const text = bytesOf(composeStatement("job-1", 0, customer, "pdf", {})).toString("latin1");
    text.should.containEql("(Customer Größe & Söhne \\(1\\)) Tj");
    text.should.containEql("(00000 Köln\\\\Süd) Tj");
    text.should.containEql("(1.234,50 \x80) Tj");
    readPdf(Buffer.from(text, "latin1"));
  });

  it("breaks long statements over pages and numbers them", () => {
    const transactions = Array.from({ length: 200 }, (_, index) => ({ date: "2026-05-01", text: `Movement ${index}`, amount: index }));
    const composed = composeStatement("job-1", 0, { ...customers.at(1), transactions, language: "en" }, "pdf", {});
    const bytes = bytesOf(composed);
    readPdf(bytes).pages.should.equal(composed.pages);
    composed.pages.should.be.above(3);
    for (const page of [1, composed.pages]) bytes.toString("latin1").should.containEql(`Page ${page} of ${composed.pages}) Tj`);
    bytes.toString("latin1").should.containEql("(Movement 199) Tj");
  });

  it("breaks a paragraph that is wider than the page, even one long word", () => {
    const name = "W".repeat(300);
    const bytes = bytesOf(composeStatement("job-1", 0, { ...customers.at(1), name }, "pdf", {}));
    const pieces = [...bytes.toString("latin1").matchAll(/\((W+)\) Tj/g)].map((found) => found[1]);
    pieces.join("").should.equal(name);
    for (const piece of pieces) ((piece ?? "").length * 9.44).should.be.belowOrEqual(483);
  });

  it("has as many pages as asked for", () => {
    const composed = composeStatement("job-1", 0, customers.at(0), "pdf", { pages: 12 });
    composed.pages.should.equal(12);
    readPdf(bytesOf(composed)).pages.should.equal(12);
  });

  for (const size of [4096, 50_000, 5_000_000]) {
    it(`is exactly ${size} bytes when asked`, () => {
      const composed = composeStatement("job-1", 3, customers.at(3), "pdf", { size });
      composed.size.should.equal(size);
      const bytes = bytesOf(composed);
      bytes.length.should.equal(size);
      readPdf(bytes).pages.should.equal(1);
    });
  }

  it("is exact at every size around the places where a number gets one more digit", () => {
    const spec = { title: "t", subject: "s", pages: ["BT ET"], width: 595, height: 842, seed: Buffer.alloc(32, 7) };
    const around = [10_000, 100_000].flatMap((edge) => Array.from({ length: 700 }, (_, index) => edge - 50 + index));
    for (const size of around) {
      const bytes = bytesOf(buildPdf({ ...spec, size }));
      if (bytes.length !== size) throw new Error(`${bytes.length} bytes instead of ${size}`);
      const xref = Number(/startxref\n(\d+)\n%%EOF\n{1,2}$/.exec(bytes.subarray(-40).toString("latin1"))?.[1]);
      bytes.toString("latin1", xref, xref + 5).should.equal("xref\n");
    }
  });

  it("says how many bytes it needs when the size is too small", () => {
    const natural = composeStatement("job-1", 0, customers.at(0), "pdf", {}).size;
    let least = 0;
    try {
      composeStatement("job-1", 0, customers.at(0), "pdf", { size: 1000 });
    } catch (error) {
      should(error).be.instanceof(SizeTooSmall);
      least = (error as SizeTooSmall).least;
    }
    least.should.be.above(natural);
    readPdf(bytesOf(composeStatement("job-1", 0, customers.at(0), "pdf", { size: least }))).pages.should.equal(1);
  });

  it("gives equal bytes for equal data, job and place, and other bytes else", () => {
    const make = (job: string, index: number) => sha256(bytesOf(composeStatement(job, index, customers.at(5), "pdf", { size: 20_000 })));
    make("job-1", 5).should.equal(make("job-1", 5));
    const different = new Set([make("job-1", 5), make("job-1", 6), make("job-2", 5)]);
    different.size.should.equal(3);
  });

  it("streams 300 MB without holding them", () => {
    const composed = composeStatement("job-1", 5, customers.at(5), "pdf", { size: 300_000_000 });
    const before = process.memoryUsage();
    const hash = createHash("sha256");
    let size = 0;
    let most = 0;
    for (const chunk of composed.chunks()) {
      size += chunk.length;
      chunk.length.should.be.belowOrEqual(1024 * 1024);
      hash.update(chunk);
      const now = process.memoryUsage();
      most = Math.max(most, now.arrayBuffers + now.heapUsed - before.arrayBuffers - before.heapUsed);
    }
    size.should.equal(300_000_000);
    most.should.be.below(32_000_000);
    hash.digest("hex").should.have.length(64);
  });

  it("pads with noise that does not compress", async () => {
    const { deflateRawSync } = await import("node:zlib");
    const bytes = bytesOf(composeStatement("job-1", 5, customers.at(5), "pdf", { size: 500_000 }));
    deflateRawSync(bytes).length.should.be.above(490_000);
  });

  it("satisfies qpdf, at every size and page count, where it is installed", function () {
    const qpdf = "/usr/bin/qpdf";
    if (!existsSync(qpdf)) {
      console.log("      qpdf is not installed: structure was checked by the tests above only");
      return;
    }
    this.timeout(60_000);
    for (const extent of [{}, { pages: 7 }, { pages: 400 }, { size: 4_096 }, { size: 99_999 }, { size: 2_000_000, pages: 40 }]) {
      onDisk(extent, (file) => {
        execFileSync(qpdf, ["--check", file]).toString().should.containEql("No syntax or stream encoding errors");
        Number(execFileSync(qpdf, ["--show-npages", file])).should.equal(Math.max(1, extent.pages ?? 1));
      });
    }
  });

  it("gives its text to pdftotext where that is installed", () => {
    const pdftotext = "/usr/bin/pdftotext";
    if (!existsSync(pdftotext)) {
      console.log("      pdftotext is not installed: encoded text was checked by the tests above only");
      return;
    }
    onDisk({ size: 60_000, pages: 3 }, (file) => {
      const text = execFileSync(pdftotext, ["-layout", file, "-"]).toString();
      text.should.match(/Überweisung +-12,34/);
      text.should.containEql("Seite 3 von 3");
    });
  });
});

/** Lends a statement as a file. */
function onDisk(extent: { size?: number; pages?: number }, use: (file: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "exstream-pdf-"));
  try {
    const file = join(dir, "a.pdf");
    writeFileSync(file, bytesOf(composeStatement("job-1", 0, CUSTOMERS[0] as Customer, "pdf", extent)));
    use(file);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describe("exstream composer: HTML and SMS", () => {
  it("escapes data in HTML and keeps the size asked for", () => {
    const composed = composeStatement("job-1", 0, { ...customers.at(0), name: "<b>&" }, "html", { size: 50_000 });
    const bytes = bytesOf(composed);
    bytes.length.should.equal(50_000);
    const text = bytes.toString();
    text.should.containEql("&lt;b&gt;&amp;");
    text.should.match(/<\/html>\n<!--[A-Za-z0-9+/]+-->\n$/);
  });

  it("writes one line of text for SMS, whatever the size asked for", () => {
    const composed = composeStatement("job-1", 0, CUSTOMERS[0] as Customer, "sms", { size: 50_000 });
    const text = bytesOf(composed).toString();
    text.should.equal("Kontoauszug 2026-05: Konto 4711/1, Schlusssaldo 1.234,50 EUR. Ihr Kontoauszug ist verfügbar.");
    composed.size.should.equal(Buffer.byteLength(text));
    composed.fileName.should.equal("statement-000001-4711_1.txt");
  });

  it("invents the same customers for the same seed, none of them twice", () => {
    const again = fictitiousCustomers(1000, 7);
    for (const index of [0, 17, 999]) again.at(index).should.deepEqual(customers.at(index));
    fictitiousCustomers(10, 8).at(0).account.should.not.equal(customers.at(0).account);
    new Set(Array.from({ length: 1000 }, (_, index) => customers.at(index).account)).size.should.equal(1000);
    customers.at(16).name.should.match(/^(Customer|Kunde) 000017$/);
  });
});
