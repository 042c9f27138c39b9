import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { DocbridgeError } from "../../dist/core/errors.js";
import { JsonBuilder } from "../../dist/core/intake/json/builder.js";
import { JsonTokenizer } from "../../dist/core/intake/json/tokens.js";
import { readSidecarJson } from "../../dist/core/intake/sidecars/sidecar-json.js";
import { chunksOf, cut, errorOf, type Random, seeded } from "./intake-support.ts";

const context = { channel: "folder" as const, origin: 'sidecar "x.json"', fileName: "x.pdf" };
const read = (json: unknown, limits?: { bytes?: number; depth?: number }) =>
  readSidecarJson(Buffer.from(typeof json === "string" ? json : JSON.stringify(json)), context, limits);

describe("sidecar in JSON", () => {
  it("reads the default form", async () => {
    const facts = await read({
      schemaVersion: 1,
      jobId: "job",
      flowInstanceId: "fi",
      flowStepId: "fs",
      externalId: "ext",
      communication: { id: "com", name: "Statement", version: 4 },
      queueName: "PDF",
      channel: "archive",
      customerNumber: 7,
      file: { name: "statement", mimeType: "application/pdf", size: 1234, sha256: "AB".repeat(32), pages: 3 },
      recipient: { name: "Müller" },
      keys: { AccountNumber: "4711", channel: "clash", SYS_LanguageCustomer: "de" },
      createdAt: "2026-01-01T00:00:00Z",
      batch: { seq: 5, expected: 9 },
      extra: [1, { deep: true }],
    });
    should(facts).eql({
      source: {
        system: "exstream",
        channel: "folder",
        jobId: "job",
        flowInstanceId: "fi",
        flowStepId: "fs",
        queueName: "PDF",
        customerNumber: "7",
        communicationId: "com",
        communicationVersion: "4",
        externalId: "ext",
        fileName: "statement",
      },
      batch: { id: "job", seq: 5, expected: 9 },
      variantRole: "pdf",
      fileName: "statement.pdf",
      mediaType: "application/pdf",
      declared: { size: 1234, sha256: "ab".repeat(32) },
      metadata: {
        schemaVersion: 1,
        communication: { name: "Statement" },
        channel: "archive",
        file: { pages: 3 },
        recipient: { name: "Müller" },
        AccountNumber: "4711",
        keys: { channel: "clash" },
        SYS_LanguageCustomer: "de",
        createdAt: "2026-01-01T00:00:00Z",
        extra: [1, { deep: true }],
      },
    });
  });

  it("makes do with an empty object and knows the file it belongs to", async () => {
    should(await read({})).eql({
      source: { system: "exstream", channel: "folder", fileName: "x.pdf" },
      variantRole: "pdf",
      fileName: "x.pdf",
      mediaType: "application/pdf",
      metadata: {},
    });
    should((await read({ jobId: null, queueName: "  ", customerNumber: "" })).source).eql({
      system: "exstream",
      channel: "folder",
      fileName: "x.pdf",
    });
  });

  it("keeps free keys from overruling what the sidecar says itself", async () => {
    const facts = await read({ customerNumber: "1", keys: { customerNumber: "K", jobId: "from key" } });
    should(facts.source).containEql({ customerNumber: "1", jobId: "from key" });
    should(facts.metadata).eql({ customerNumber: "K", jobId: "from key" });
  });

  it("keeps numbers that are too long to be exact as they were written", async () => {
    const facts = await read(
      '{"customerNumber": 12345678901234567890, "account": 9007199254740993, "rate": 0.1, "big": 1e400, "n": 9007199254740991}',
    );
    should(facts.source.customerNumber).equal("12345678901234567890");
    should(facts.metadata).eql({ account: "9007199254740993", rate: 0.1, big: "1e400", n: 9007199254740991 });
  });

  it("takes a byte order mark and chunks cut anywhere", async () => {
    const bytes = Buffer.from(`\uFEFF{"jobId":"Jöb \\u20ac \\"q\\"","a":[true,null,-1.5e3]}`);
    for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.of(byte))]) {
      const facts = await readSidecarJson(chunksOf(chunks), context);
      should(facts.source.jobId).equal('Jöb € "q"');
      should(facts.metadata).eql({ a: [true, null, -1500] });
    }
  });

  it("refuses fields of the wrong kind by their name", async () => {
    const wrong: [unknown, string, string][] = [
      [{ jobId: { a: 1 }, file: { size: "many" } }, "invalid-metadata", "file.size"],
      [{ queueName: true }, "invalid-metadata", "queueName"],
      [{ queueName: ["a"] }, "invalid-metadata", "queueName"],
      [{ file: { sha256: "short" } }, "invalid-metadata", "file.sha256"],
      [{ file: { name: "../../etc/passwd" } }, "path-escape", "file.name"],
      [{ file: { name: "a" }, fileName: "b" }, "invalid-metadata", "fileName"],
      [{ file: { size: 1.5 } }, "invalid-metadata", "file.size"],
    ];
    for (const [json, code, subject] of wrong) {
      const error = await errorOf(() => read(json));
      should(error).have.properties({ code, subject });
      should(error.message)
        .containEql(`"${subject}"`)
        .and.not.match(/many|short|etc/);
    }
  });

  it("refuses what is no JSON object, or JSON that could mean two things", async () => {
    const hostile = [
      "",
      " ",
      "[]",
      "null",
      '"text"',
      "{",
      '{"a":1',
      '{"a":1}}',
      '{"a":1} x',
      '{"a" 1}',
      '{"a":1,}',
      "{,}",
      '{"a":[1,]}',
      '{"a":[,1]}',
      '{"a":01}',
      '{"a":+1}',
      '{"a":.5}',
      '{"a":1.}',
      '{"a":NaN}',
      '{"a":nul}',
      '{"a":truee}',
      "{'a':1}",
      "{a:1}",
      '{"a":"\n"}',
      '{"a":"\\x"}',
      '{"a":"\\u12"}',
      '{"a":"\\ud800"}',
      '{"a":1]',
      '{"a":1,"a":2}',
      '{"a":{"b":1,"b":1}}',
      '{"__proto__":{"polluted":true}}',
      '{"a":{"\\u005f_proto__":1}}',
      "// c\n{}",
    ];
    for (const json of hostile) {
      const error = await errorOf(() => read(json));
      should(error).have.properties({ code: "sidecar-unreadable", subject: 'sidecar "x.json"' });
    }
    for (const bytes of [
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      Buffer.from('{"a":1}', "utf16le"),
      Buffer.from([0xef, 0xbb, 0x7b]),
    ]) {
      should((await errorOf(() => readSidecarJson(bytes, context))).code).equal("sidecar-unreadable");
    }
    should(({} as { polluted?: boolean }).polluted).be.undefined();
  });

  it("is bounded in size and depth, and stops reading there", async () => {
    should((await errorOf(() => read(`{"a":${"[".repeat(100_000)}`))).message).containEql("deeper than 32");
    await read(`{"a":${"[".repeat(31)}${"]".repeat(31)}}`);
    should((await errorOf(() => read(`{"a":${"[".repeat(32)}${"]".repeat(32)}}`))).code).equal("sidecar-unreadable");
    let given = 0;
    async function* endless() {
      yield Buffer.from('{"a":"');
      for (;;) {
        given += 65_536;
        yield Buffer.alloc(65_536, 0x61);
      }
    }
    should((await errorOf(() => readSidecarJson(endless(), context))).message).containEql("1048576 bytes");
    should(given).be.below(1_200_000);
    should((await errorOf(() => read(`{}${" ".repeat(1000)}`, { bytes: 100 }))).code).equal("sidecar-unreadable");
  });
});

describe("a sidecar whose file cannot be read", () => {
  it("is unreadable for now, and keeps the cause", async () => {
    const error = await errorOf(() => readSidecarJson(createReadStream(join(tmpdir(), "docbridge-no-such-sidecar.json")), context));
    should(error).have.properties({ code: "sidecar-unreadable", retryable: true, subject: 'sidecar "x.json"' });
    should(error.cause).have.property("code", "ENOENT");
  });
});

/** Any JSON value, with texts that need escapes. */
function anyJson(random: Random, depth: number): unknown {
  const texts = ["", "a", "ü€😀", '"\\/\b\f\n\r\t', "\u0000\u001f\u2028", "x".repeat(random.below(300))];
  const kind = random.below(depth > 0 ? 7 : 5);
  if (kind === 0) return texts[random.below(texts.length)];
  if (kind === 1) return random.below(1_000_000) - 500_000;
  if (kind === 2) return (random.below(2_000_000) - 1_000_000) / 1024;
  if (kind === 3) return random.below(2) === 1;
  if (kind === 4) return null;
  const size = random.below(5);
  if (kind === 5) return Array.from({ length: size }, () => anyJson(random, depth - 1));
  return Object.fromEntries(Array.from({ length: size }, (_, at) => [`${texts[random.below(5)]}${at}`, anyJson(random, depth - 1)]));
}

describe("JSON tokenizer", () => {
  const parse = (chunks: Iterable<Buffer>) => {
    const fail = () => new DocbridgeError("body-unreadable", { message: "refused" });
    const tokenizer = new JsonTokenizer({ bytes: 10_000_000, depth: 100, malformed: fail, tooLarge: fail });
    const json = new JsonBuilder();
    for (const chunk of chunks) for (const token of tokenizer.write(chunk)) json.take(token);
    for (const token of tokenizer.end()) json.take(token);
    return json.value;
  };

  it("agrees with JSON.parse on any value, written any way and cut anywhere", () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = seeded(seed);
      const value = anyJson(random, 5);
      const text = JSON.stringify(value, null, [undefined, 1, "\t", "\r\n  "][random.below(4)]);
      should(parse(cut(Buffer.from(text), random))).eql(JSON.parse(text), `seed ${seed}`);
    }
  });

  it("refuses whatever JSON.parse refuses in texts with one byte changed", () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const random = seeded(seed);
      const bytes = Buffer.from(JSON.stringify(anyJson(random, 3)));
      bytes[random.below(bytes.length)] = '{}[]",:\\0e-. tn'.charCodeAt(random.below(15));
      let expected: unknown = "refused";
      try {
        expected = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
      } catch {}
      let found: unknown = "refused";
      try {
        found = parse(cut(bytes, random));
      } catch (error) {
        should(error).be.instanceof(DocbridgeError);
        if (expected !== "refused") continue; // stricter than JSON.parse: a member twice
      }
      if (/\d{16}|\de/.test(bytes.toString("latin1"))) continue; // numbers that are not exact stay as they are written
      should(JSON.stringify(found)).equal(JSON.stringify(expected), `seed ${seed}`);
    }
  });
});
