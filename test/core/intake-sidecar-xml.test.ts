import should from "should";
import { readSidecarXml } from "../../dist/core/intake/sidecars/sidecar-xml.js";
import { chunksOf, cut, errorOf, seeded } from "./intake-support.ts";

const context = { channel: "folder" as const, origin: 'sidecar "x.xml"', fileName: "x.pdf" };
const read = (xml: string | Buffer, limits?: { bytes?: number; depth?: number; text?: number }) =>
  readSidecarXml(Buffer.from(xml), context, limits);

const GENERIC = `<?xml version="1.0" encoding="UTF-8"?>
<ex:sidecar xmlns:ex="urn:x" version="1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">
  <!-- comment --> <?pi data?>
  <ex:jobId>job</ex:jobId>
  <queueName>PDF</queueName>
  <communication><id>com</id><name>Statement</name><version>4</version></communication>
  <file><name>statement</name><mimeType>application/pdf</mimeType><size>12</size><sha256>${"AB".repeat(32)}</sha256><pages>3</pages></file>
  <customer nr="9">
    <key name="AccountNumber"> 4711 </key>
    <key name="CISNumber"><![CDATA[<&>]]></key>
    <key name="jobId">not the job</key>
  </customer>
  <recipient><name>M&#252;ller &amp; S&#xF6;hne</name></recipient>
  <keys><Period>2026-01</Period><customerNumber>K</customerNumber></keys>
  <tag>a</tag><tag>b</tag><tag>c</tag>
  <empty/>
</ex:sidecar>`;

describe("sidecar in XML", () => {
  it("reads any structure: leaves by name, keys by their name, known names as facts", async () => {
    should(await read(GENERIC)).eql({
      source: {
        system: "exstream",
        channel: "folder",
        jobId: "job",
        queueName: "PDF",
        customerNumber: "K",
        communicationId: "com",
        communicationVersion: "4",
        fileName: "statement",
      },
      batch: { id: "job" },
      variantRole: "pdf",
      fileName: "statement.pdf",
      mediaType: "application/pdf",
      declared: { size: 12, sha256: "ab".repeat(32) },
      metadata: {
        version: "1",
        communication: { name: "Statement" },
        file: { pages: "3" },
        AccountNumber: "4711",
        CISNumber: "<&>",
        jobId: "not the job",
        "customer@nr": "9",
        recipient: { name: "Müller & Söhne" },
        Period: "2026-01",
        customerNumber: "K",
        tag: ["a", "b", "c"],
        empty: "",
      },
    });
  });

  it("gives the same however the bytes are cut", async () => {
    const whole = await read(GENERIC);
    const bytes = Buffer.from(GENERIC.replace("2026-01", "Jänner €😀"));
    const expected = { ...whole, metadata: { ...whole.metadata, Period: "Jänner €😀" } };
    for (let seed = 1; seed <= 100; seed++) {
      should(await readSidecarXml(chunksOf(cut(bytes, seeded(seed))), context)).eql(expected, `seed ${seed}`);
    }
  });

  it("reads MDAS-like forms", async () => {
    const byAttribute = await read(
      `<MDAS entity="Letter" ACL="Public"><attr name="Customer"><value>7</value></attr><attr name="Tags"><value>a</value><value>b</value></attr>` +
        `<attr name="Empty"/><attr name="Inline" value="v"/><attr name="Typed" type="date">2026</attr><attr name="Deep"><values><value>1</value></values></attr></MDAS>`,
    );
    should(byAttribute.metadata).eql({
      entity: "Letter",
      ACL: "Public",
      Customer: "7",
      Tags: ["a", "b"],
      Empty: "",
      Inline: "v",
      "Typed@type": "date",
      Typed: "2026",
      Deep: "1",
    });
    const byChild = await read(
      `<item><entity>Letter</entity><ACL><name>Public</name></ACL><attrs><attr><name>Customer</name><type>string</type><value>7</value></attr></attrs></item>`,
    );
    should(byChild.metadata).eql({ entity: "Letter", name: "Public", Customer: ["string", "7"] });
    const byElement = await read("<MDAS><attr><Customer>7</Customer><queueName>Q</queueName></attr></MDAS>");
    should(byElement.metadata).eql({ Customer: "7" });
    should(byElement.source.queueName).equal("Q");
    should((await read(`<MDAS><attr name="jobId"><value>J</value></attr></MDAS>`)).source.jobId).equal("J");
  });

  it("keeps attributes and text beside elements", async () => {
    const facts = await read(
      `<r a="1"><file name="y" size="3"/><p q="2">text<b>bold</b></p><leaf lang="de">v</leaf><key name="k"><v unit="kg">5</v></key></r>`,
    );
    should(facts.fileName).equal("y.pdf");
    should(facts.declared).eql({ size: 3 });
    should(facts.metadata).eql({ a: "1", b: "bold", "p@q": "2", p: "text", "leaf@lang": "de", leaf: "v", "v@unit": "kg", k: "5" });
  });

  it("reads other encodings as they are declared or marked", async () => {
    const xml = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?><r><jobId>Jöb</jobId></r>`;
    const utf16be = Buffer.from(`\uFEFF${xml("UTF-16")}`, "utf16le").swap16();
    const inputs = [
      Buffer.from(xml("ISO-8859-1"), "latin1"),
      Buffer.from(xml("windows-1252"), "latin1"),
      Buffer.from(`\uFEFF${xml("UTF-16")}`, "utf16le"),
      Buffer.from(xml("UTF-16"), "utf16le"),
      utf16be,
      Buffer.from(`\uFEFF${xml("utf-8")}`),
      Buffer.from("<r><jobId>Jöb</jobId></r>"),
    ];
    for (const bytes of inputs) {
      should((await read(bytes)).source.jobId).equal("Jöb");
      should((await readSidecarXml(chunksOf([...bytes].map((byte) => Buffer.of(byte))), context)).source.jobId).equal("Jöb");
    }
    should((await errorOf(() => read(xml("x-no-such")))).message).containEql("encoding");
    should((await errorOf(() => read(Buffer.from("<r>J\xf6b</r>", "latin1")))).message).containEql("encoding");
    should((await errorOf(() => read(Buffer.from(`<r>${"a".repeat(300)}\xf6</r>`, "latin1")))).message).containEql("encoding");
    should((await errorOf(() => read(Buffer.from("<r>\xc3", "latin1")))).code).equal("sidecar-unreadable");
  });

  it("refuses DOCTYPE, entities and everything that is not well-formed", async () => {
    const laughs = `<!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 20 }, (_, at) => `<!ENTITY b${at} "${"&a;".repeat(10)}">`).join("")}]><r>&b19;</r>`;
    const hostile = [
      laughs,
      `<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>`,
      `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>`,
      `<!DOCTYPE r><r/>`,
      "<r>&unknown;</r>",
      "<r>&toString;</r>",
      `<r a="&constructor;"/>`,
      "<r>&#0;</r>",
      "<r>&#xFFFFFFFF;</r>",
      "<r>&amp</r>",
      "<r><a></b></r>",
      "<r>",
      "<r/><r/>",
      "<r/>text",
      "",
      "plain",
      `<r a="1" a="2"/>`,
      "<r a=1/>",
      "<r>\u0001</r>",
      "<r>]]></r>",
      `{"json": true}`,
    ];
    for (const xml of hostile) {
      const error = await errorOf(() => read(xml));
      should(error).have.properties({ code: "sidecar-unreadable", subject: 'sidecar "x.xml"' });
      should(error.message).not.match(/root:/);
    }
    should((await errorOf(() => read(laughs))).message).containEql("DOCTYPE");
  });

  it("is bounded in size, depth and text, and stops reading there", async () => {
    const deep = (levels: number) => `${"<a>".repeat(levels)}x${"</a>".repeat(levels)}`;
    should((await errorOf(() => read(deep(50_000)))).message).containEql("deeper than 32");
    should((await read(deep(32))).metadata).eql({ a: "x" });
    should((await errorOf(() => read(deep(33)))).code).equal("sidecar-unreadable");
    should((await errorOf(() => read(`<r>${"x".repeat(70_000)}</r>`))).message).containEql("65536 characters");
    should((await errorOf(() => read(`<r>${"x<!---->".repeat(70_000)}</r>`))).message).containEql("65536 characters");
    should((await errorOf(() => read(`<r a="${"x".repeat(70_000)}"/>`))).message).containEql("65536 characters");
    should((await read(`<r>${"x".repeat(100)}</r>`, { text: 100 })).metadata.r).have.length(100);
    let given = 0;
    async function* endless() {
      yield Buffer.from("<r>");
      for (;;) {
        given += 8000;
        yield Buffer.from("<a>1</a>".repeat(1000));
      }
    }
    should((await errorOf(() => readSidecarXml(endless(), context))).message).containEql("1048576 bytes");
    should(given).be.below(1_100_000);
  });

  it("refuses facts that contradict each other, and names that change objects", async () => {
    should(await errorOf(() => read("<r><jobId>a</jobId><x><jobId>b</jobId></x></r>"))).have.properties({
      code: "invalid-metadata",
      subject: "jobId",
    });
    should((await read("<r><jobId>a</jobId><x><jobId>a</jobId></x></r>")).source.jobId).equal("a");
    should(await errorOf(() => read("<r><file><size>big</size></file></r>"))).have.properties({
      code: "invalid-metadata",
      subject: "file/size",
    });
    should(await errorOf(() => read("<r><file><name>../x</name></file></r>"))).have.properties({
      code: "path-escape",
      subject: "file/name",
    });
    should((await errorOf(() => read("<r><__proto__>x</__proto__></r>"))).code).equal("invalid-metadata");
    should((await errorOf(() => read("<r><recipient><__proto__>x</__proto__></recipient></r>"))).code).equal("invalid-metadata");
    should((await errorOf(() => read(`<r><key name="__proto__">x</key></r>`))).code).equal("invalid-metadata");
    should((await read("<r><constructor>x</constructor><toString>y</toString></r>")).metadata.constructor).equal("x");
  });
});
