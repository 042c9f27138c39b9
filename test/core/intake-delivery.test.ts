import should from "should";
import { readDelivery } from "../../dist/core/intake/lists/delivery-file.js";
import type { ListEntry } from "../../dist/core/intake/lists/list-entry.js";
import { chunksOf, cut, errorOf, seeded } from "./intake-support.ts";

const read = async (xml: string | Buffer | AsyncIterable<Buffer>, file = "{{fileName}}", entries: ListEntry[] = []) => {
  const input = typeof xml === "string" ? Buffer.from(xml) : xml;
  for await (const entry of readDelivery(input, { file, channel: "folder" }, { name: "_STDDELIVERYFILE.xml" })) entries.push(entry);
  return entries;
};
const seen = (entries: ListEntry[]) => entries.map((entry) => ("error" in entry ? entry.error.code : [entry.path, entry.facts.metadata]));
const customer = (keys: Record<string, string>, more = "<queueName>PDF</queueName>") =>
  `<customer>${Object.entries(keys).map(([name, value]) => `<key name="${name}">${value}</key>`)}${more}</customer>`;

describe("delivery files", () => {
  it("have an entry for every customer, whatever stands around it", async () => {
    const xml = `<?xml version="1.0"?><d:deliveryFile xmlns:d="urn:x" jobId="j1" flowStepId="s1" d:flowInstanceId="f1"><d:part><externalId>run-7</externalId>
      <d:batch><d:customer><d:key name="AccountNumber">08</d:key><d:queueName>PDF</d:queueName><d:file><d:name>a.pdf</d:name></d:file></d:customer></d:batch></d:part>
      <Customer><key name="AccountNumber"><![CDATA[0&9]]></key><key name="CISNumber" value="4711"/><customerNumber>12</customerNumber><fileName>b.pdf</fileName><jobId>j2</jobId></Customer></d:deliveryFile>`;
    const entries = await read(xml);
    should(entries[0]).match({
      number: 1,
      path: "a.pdf",
      facts: {
        source: {
          channel: "folder",
          jobId: "j1",
          flowStepId: "s1",
          flowInstanceId: "f1",
          externalId: "run-7",
          queueName: "PDF",
          fileName: "a.pdf",
        },
        batch: { id: "j1" },
        mediaType: "application/pdf",
        metadata: { AccountNumber: "08" },
      },
    });
    should(entries[1]).match({
      number: 2,
      facts: { source: { jobId: "j2", customerNumber: "12" }, metadata: { AccountNumber: "0&9", CISNumber: "4711" } },
    });
    should((entries[1] as { facts: { source: object } }).facts.source).not.have.property("externalId");
  });

  it("tell the file by a template over a customer's values", async () => {
    const xml = `<d jobId="j1">${customer({ AccountNumber: "08", "CIS.Number": "1" })}</d>`;
    const [entry] = await read(xml, "{{jobId}}/{{AccountNumber}}_{{CIS.Number}}_{{queueName}}.pdf");
    should(entry).match({ path: "j1/08_1_PDF.pdf", facts: { fileName: "08_1_PDF.pdf", mediaType: "application/pdf", variantRole: "pdf" } });
    should((await read(xml, "{{nothing}}.pdf"))[0]).match({ error: { code: "missing-metadata", subject: "nothing" }, queueName: "PDF" });
  });

  it("give keys other names where a person says so", async () => {
    const names = new Map([
      ["CISNumber", "customerNumber"],
      ["Acc", "account"],
    ]);
    const xml = Buffer.from(`<d>${customer({ CISNumber: "4711", Acc: "08", Rest: "x" })}</d>`);
    const { value: entry } = await readDelivery(xml, { file: "{{customerNumber}}.pdf", channel: "jobs", names }, { name: "l" }).next();
    should(entry).match({
      path: "4711.pdf",
      facts: { source: { channel: "jobs", customerNumber: "4711" }, metadata: { account: "08", Rest: "x" } },
    });
  });

  it("have an entry for each queue of a customer", async () => {
    const more = "<o><queueName>PDF</queueName></o><o><queueName>HTML</queueName></o><o><queueName>PDF</queueName></o>";
    const entries = await read(`<d>${customer({ n: "1" }, more)}${customer({ n: "2" })}</d>`, "{{n}}.{{queueName}}");
    should(entries.map((entry) => [entry.number, "path" in entry && entry.path])).eql([
      [1, "1.PDF"],
      [2, "1.HTML"],
      [3, "2.PDF"],
    ]);
    should(entries[1]).match({ facts: { source: { queueName: "HTML", fileName: "1.HTML" } } });
  });

  it("give every bad customer with its reason, and go on", async () => {
    const latin1 = (text: string) => Buffer.from(text, "latin1");
    const deep = `${"<a>".repeat(40)}x${"</a>".repeat(40)}`;
    const parts = [
      latin1('<?xml version="1.0" encoding="UTF-8"?><d>'),
      latin1(customer({ n: "1" })),
      latin1(customer({ n: "Größe" })),
      latin1(customer({ n: "3" }, "<file><size>many</size></file>")),
      latin1(customer({ n: "4" }, deep)),
      latin1(customer({ n: "5" }, `<key name="x">${"y".repeat(70_000)}</key>`)),
      latin1(customer({ n: "6" }, "<fileName>../../x.pdf</fileName>")),
      latin1(customer({ n: "7" }, `<customerNumber>7</customerNumber><customerNumber>8</customerNumber>`)),
      latin1(`<customer><key name="n">8</key>${'<key name="z">zzzzzzzzzzzzzzzzzzzzzzzzz</key>'.repeat(50_000)}</customer>`),
      latin1(`${customer({ n: "9" })}</d>`),
    ];
    const entries = await read(Buffer.concat(parts), "{{n}}.pdf");
    const bad = [
      "wrong-encoding",
      "invalid-metadata",
      "invalid-metadata",
      "invalid-metadata",
      "path-escape",
      "invalid-metadata",
      "value-too-long",
    ];
    should(seen(entries)).eql([["1.pdf", { n: "1" }], ...bad, ["9.pdf", { n: "9" }]]);
    should(entries.map(({ number }) => number)).eql([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    should(entries[6]).match({ customerNumber: "7" });
  });

  it("are read up to the damage", async () => {
    const lol = `<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>`;
    const damaged: [what: string, xml: string | Buffer, entries: number][] = [
      ["cut off", `<d>${customer({ n: "1" })}${customer({ n: "2" })}<customer><key`, 2],
      ["cut off between customers", `<d>${customer({ n: "1" })}`, 1],
      ["not well-formed", `<d>${customer({ n: "1" })}<a></b>${customer({ n: "2" })}</d>`, 1],
      ["an entity", `<d>${customer({ n: "1" })}${customer({ n: "&lol;" })}</d>`, 1],
      ["a DOCTYPE", `${lol}<d>${customer({ n: "&b;" })}</d>`, 0],
      ["a text without end", `<d>${customer({ n: "1" })}${"x".repeat(3_000_000)}`, 1],
      ["too deep", `<d>${customer({ n: "1" })}${"<a>".repeat(100)}`, 1],
      ["an unknown encoding", `<?xml version="1.0" encoding="x-klingon"?><d>${customer({ n: "1" })}</d>`, 0],
      ["no XML", "path;n\na.pdf;1\n", 0],
      ["nothing", "", 0],
    ];
    for (const [what, xml, count] of damaged) {
      const entries: ListEntry[] = [];
      const error = await errorOf(() => read(xml, "{{n}}.pdf", entries));
      should({ what, code: error.code, count: entries.length }).eql({ what, code: "list-unreadable", count });
      should(error).match({ subject: "_STDDELIVERYFILE.xml", retryable: false });
    }
  });

  it("are read the same however they are cut into chunks", async () => {
    const random = seeded(11);
    const customers = Array.from({ length: 200 }, (_, at) => customer({ n: `${at}ä&amp;<![CDATA[<]]>`, m: "x".repeat(random.below(50)) }));
    const bytes = Buffer.from(`<?xml version="1.0"?><d jobId="j">${customers.join("\n")}</d>`);
    const whole = seen(await read(bytes, "{{jobId}}.pdf"));
    should(whole).have.length(200);
    for (let round = 0; round < 20; round += 1) should(seen(await read(chunksOf(cut(bytes, random)), "{{jobId}}.pdf"))).eql(whole);
  });
});
