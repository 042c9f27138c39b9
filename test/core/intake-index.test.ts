import should from "should";
import { type IndexRule, readIndex } from "../../dist/core/intake/lists/index-file.js";
import type { ListEntry } from "../../dist/core/intake/lists/list-entry.js";
import { separatorBytes } from "../../dist/core/intake/lists/separator.js";
import { chunksOf, cut, errorOf, seeded } from "./intake-support.ts";

const RULE: IndexRule = { separator: Buffer.from(";"), header: true, columns: "", pathColumn: "path", encoding: "utf-8" };

async function entriesOf(text: string | Buffer, rule: Partial<IndexRule> = {}): Promise<ListEntry[]> {
  const entries: ListEntry[] = [];
  for await (const entry of readIndex(Buffer.from(text), { ...RULE, ...rule }, { name: "run.idx" })) entries.push(entry);
  return entries;
}

/** What tests look at: the path and metadata of good entries, the code of bad ones. */
const seen = (entries: ListEntry[]) =>
  entries.map((entry) => ("error" in entry ? [entry.number, entry.error.code] : [entry.number, entry.path, entry.facts.metadata]));

describe("index files", () => {
  it("fill facts and metadata by the names of their columns", async () => {
    const [entry] = await entriesOf(
      `jobId;customer number;Queue-Name;path;accountNumber;sha256\nj1;4711;PDF;out/a.pdf;08 15;${"a".repeat(64)}`,
    );
    should(entry).match({
      number: 1,
      path: "out/a.pdf",
      facts: {
        source: { system: "exstream", channel: "folder", jobId: "j1", customerNumber: "4711", queueName: "PDF", fileName: "a.pdf" },
        batch: { id: "j1" },
        mediaType: "application/pdf",
        declared: { sha256: "a".repeat(64) },
        metadata: { accountNumber: "08 15" },
      },
    });
  });

  it("have columns without a header, of which some are left out, and other names for those of a header", async () => {
    should(seen(await entriesOf("a.pdf|x|1\nb.pdf|y|2\n", { separator: Buffer.from("|"), header: false, columns: "path, -, n" }))).eql([
      [1, "a.pdf", { n: "1" }],
      [2, "b.pdf", { n: "2" }],
    ]);
    const renamed = { columns: "Datei=path, Konto = accountNumber, Rest=-", pathColumn: "path" };
    should(seen(await entriesOf("Datei;Konto;Rest;Ort\na.pdf;1;2;Ulm\n", renamed))).eql([[1, "a.pdf", { accountNumber: "1", Ort: "Ulm" }]]);
  });

  it("are separated by any bytes", async () => {
    const rule = { separator: separatorBytes("0x1F", "s"), recordSeparator: separatorBytes("0x1E0x0A", "r") };
    should(seen(await entriesOf("path\x1fn\x1e\nb.pdf\x1f1\n2\x1e\nc.pdf\x1f2\x1e\n", rule))).eql([
      [1, "b.pdf", { n: "1\n2" }],
      [2, "c.pdf", { n: "2" }],
    ]);
    should(separatorBytes("0x1E 0x1f", "s")).eql(Buffer.of(0x1e, 0x1f));
    should(separatorBytes("\\t", "s")).eql(Buffer.from("\t"));
    should(separatorBytes("||", "s")).eql(Buffer.from("||"));
    for (const wrong of ["", "0x", "0xG1", "0x1"])
      should((await errorOf(() => separatorBytes(wrong, "separator"))).code).equal("configuration");
  });

  it("may quote fields, have line ends of both kinds, blank lines, a separator too many and a mark", async () => {
    const text = '\ufeff"path";n\r\n"a;b.pdf";"say ""hi"""\r\n\n  \r\nc.pdf;2;\nd.pdf;';
    should(seen(await entriesOf(text, { quote: '"' }))).eql([
      [1, "a;b.pdf", { n: 'say "hi"' }],
      [2, "c.pdf", { n: "2" }],
      [3, "d.pdf", { n: "" }],
    ]);
  });

  it("are read in the encoding they are written in", async () => {
    const text = Buffer.from("path;name\na.pdf;Größe\n", "latin1");
    should(seen(await entriesOf(text, { encoding: "windows-1252" }))).eql([[1, "a.pdf", { name: "Größe" }]]);
    should(seen(await entriesOf(text))).eql([[1, "wrong-encoding"]]);
  });

  it("give every bad entry with its reason, and go on", async () => {
    const lines = [
      "path;jobId;fileSize;n",
      "a.pdf;j;1;1",
      "b.pdf;j",
      "c.pdf;j;1;1;5",
      "d.pdf;j;many;1",
      ";j;1;1",
      `e.pdf;${"j".repeat(2000)};1;1`,
      '"f.pdf;j;1;1',
      '"g"x;j;1;1',
      `${"h".repeat(1_100_000)};j;1;1`,
      "i.pdf;j;1;1",
      "j.pdf;j",
    ];
    const entries = await entriesOf(lines.join("\n"), { quote: '"' });
    should(seen(entries)).eql([
      [1, "a.pdf", { n: "1" }],
      [2, "wrong-columns"],
      [3, "wrong-columns"],
      [4, "invalid-metadata"],
      [5, "missing-metadata"],
      [6, "value-too-long"],
      [7, "wrong-columns"],
      [8, "wrong-columns"],
      [9, "wrong-columns"],
      [10, "i.pdf", { n: "1" }],
      [11, "wrong-columns"],
    ]);
    should(entries[3]).match({ jobId: "j", path: "d.pdf", error: { message: /"fileSize" of the list "run.idx", record 5/ } });
    should(entries[10]).match({
      error: { message: /Entry 11 of the list "run.idx" has 2 columns and not 4; the list may have been cut off/ },
    });
  });

  it("are refused as a whole when the columns are not named or cannot be", async () => {
    const refused: [text: string | Buffer, rule: Partial<IndexRule>, code: string][] = [
      ["a;b\n1;2", {}, "list-unreadable"],
      ["path;n;n\n1;2;3", {}, "list-unreadable"],
      [Buffer.from("path;n\na;1", "utf16le"), {}, "list-unreadable"],
      [Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from("path;n\na;1", "utf16le")]), {}, "list-unreadable"],
      [Buffer.of(0xe4, 0x0a), {}, "list-unreadable"],
      ["1;2", { header: false, columns: "a,b" }, "configuration"],
      ["1;2", { header: false, columns: "path,path" }, "configuration"],
    ];
    for (const [text, rule, code] of refused) should((await errorOf(() => entriesOf(text, rule))).code).equal(code, String(text));
    should(await entriesOf("")).eql([]);
  });

  it("are read the same however they are cut into chunks", async () => {
    const random = seeded(7);
    const lines = Array.from(
      { length: 300 },
      (_, at) => `"f-${at}.pdf"\x1fÄ${"x".repeat(random.below(40))}\x1f${at % 7 === 0 ? "\x1f" : ""}`,
    );
    const bytes = Buffer.from(`path\x1fname\r\n${lines.join("\r\n")}`);
    const rule = { ...RULE, separator: Buffer.of(0x1f), quote: '"' };
    const whole = seen(await entriesOf(bytes, rule));
    should(whole).have.length(300);
    for (let round = 0; round < 30; round += 1) {
      const entries: ListEntry[] = [];
      for await (const entry of readIndex(chunksOf(cut(bytes, random)), rule, { name: "run.idx" })) entries.push(entry);
      should(seen(entries)).eql(whole);
    }
  });
});
