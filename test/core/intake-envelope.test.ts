import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import should from "should";
import { DocbridgeError } from "../../dist/core/errors.js";
import { Base64Decoder } from "../../dist/core/intake/base64.js";
import { readEnvelope } from "../../dist/core/intake/envelope.js";
import { readEnvelopeStream } from "../../dist/core/intake/envelope-stream.js";
import { chunksOf, cut, errorOf, type Random, seeded } from "./intake-support.ts";

const context = { channel: "http" as const, origin: "envelope" };
const keep = async (bytes: Readable) => Buffer.concat(await bytes.toArray());
const stream = (chunks: Iterable<Buffer>) => readEnvelopeStream(chunksOf(chunks), context, keep);
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Reads the same envelope parsed and streamed; both must agree. */
async function both(envelope: unknown) {
  const parsed = readEnvelope(envelope, context);
  should(await stream([Buffer.from(JSON.stringify(envelope))])).eql(parsed);
  return parsed;
}

/** The error that both ways of reading throw. */
async function errorOfBoth(envelope: unknown): Promise<DocbridgeError> {
  const parsed = await errorOf(() => readEnvelope(envelope, context));
  const streamed = await errorOf(() => stream([Buffer.from(JSON.stringify(envelope))]));
  should([streamed.code, streamed.subject, streamed.message]).eql([parsed.code, parsed.subject, parsed.message]);
  return parsed;
}

describe("envelope", () => {
  it("reads the on-demand reply: one document an element", async () => {
    const documents = await both({
      status: "success",
      jobId: "job",
      trace: "t",
      data: [
        {
          content: base64("%PDF"),
          mimeType: "application/pdf",
          engineOutputContext: { queueName: "Q1", fileName: "0001", customerNumber: "7", page: 2 },
        },
        { mimeType: "text/html", metadata: { account: "4711" }, content: base64("<p>"), jobId: "own" },
        { mimeType: "application/vnd.exstream-empower", content: base64('{"documentId":"d"}') },
      ],
    });
    should(documents.map(({ content }) => content.toString())).eql(["%PDF", "<p>", '{"documentId":"d"}']);
    should(documents[0]?.facts).eql({
      source: { system: "exstream", channel: "http", jobId: "job", queueName: "Q1", customerNumber: "7", fileName: "0001" },
      batch: { id: "job" },
      variantRole: "pdf",
      fileName: "0001.pdf",
      mediaType: "application/pdf",
      metadata: { engineOutputContext: { page: 2 }, trace: "t" },
    });
    should(documents[1]?.facts.source.jobId).equal("own");
    should(documents[1]?.facts.metadata).eql({ account: "4711", trace: "t" });
    should(documents[2]?.facts.fileName).equal("document.mpw");
  });

  it("reads a single object, with or without data around it, and an empty list", async () => {
    const element = { content: base64("x"), mimeType: "application/pdf", metadata: { a: 1 } };
    const [single] = await both(element);
    should(single?.facts.metadata).eql({ a: 1 });
    should((await both({ status: "success", data: element }))[0]?.content.toString()).equal("x");
    should(await both({ status: "success", data: [] })).eql([]);
    should((await both({ content: "" }))[0]?.content).have.length(0);
  });

  it("refuses what is no envelope, naming the element", async () => {
    const good = { content: base64("x") };
    const wrong: [unknown, string][] = [
      [[good], "envelope"],
      ["text", "envelope"],
      [{}, "content"],
      [{ metadata: {} }, "content"],
      [{ content: 5 }, "content"],
      [{ content: null }, "content"],
      [{ data: [good, {}] }, "data[1].content"],
      [{ data: [good, 5] }, "data[1]"],
      [{ data: null }, "data"],
      [{ data: "x" }, "data"],
      [{ status: "error", data: [good] }, "status"],
      [{ ...good, data: [good] }, "envelope"],
      [{ ...good, metadata: "x" }, "metadata"],
      [{ data: [{ ...good, metadata: [1] }] }, "data[0].metadata"],
    ];
    for (const [envelope, subject] of wrong) should(await errorOfBoth(envelope)).have.properties({ code: "body-unreadable", subject });
    const leading = { data: [good, { ...good, engineOutputContext: { fileName: "../x" } }] };
    should(await errorOfBoth(leading)).have.properties({ code: "path-escape", subject: "data[1].engineOutputContext.fileName" });
  });

  it("refuses base64 that may have lost bytes, naming the element", async () => {
    for (const content of [
      "QUJ",
      "QUJD=",
      "QQ",
      "Q",
      "QQ=",
      "QQ===",
      "QUJD====",
      "=QUJD",
      "QU=JD",
      "QUI=QUJD",
      "QR==",
      "Q-_D",
      "QUJD*",
      "ŁUJD",
      "QUJDé",
    ]) {
      const error = await errorOfBoth({ data: [{ content: base64("good") }, { content }] });
      should(error).have.properties({ code: "body-unreadable", subject: "data[1].content" });
      should((await errorOfBoth({ content })).subject).equal("content");
    }
  });

  it("allows the line breaks of MIME", async () => {
    const [document] = await both({ content: `${base64("a".repeat(57))}\r\n${base64("b".repeat(40))}\n` });
    should(document?.content.toString()).equal("a".repeat(57) + "b".repeat(40));
  });
});

/** Writes base64 the ways encoders do: plain, with escaped slashes or plus signs, in lines. */
function written(text: string, random: Random): string {
  const style = random.below(4);
  if (style === 1) return text.replaceAll("/", "\\/").replaceAll("+", "\\u002B");
  if (style === 2) return text.replace(/.{76}/g, "$&\\r\\n");
  if (style === 3) return text.replace(/./g, (letter) => (random.below(4) === 0 ? `\\u00${letter.charCodeAt(0).toString(16)}` : letter));
  return text;
}

describe("streamed envelope", () => {
  it("gives the same bytes and facts for any envelope, written any way and cut anywhere", async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seeded(seed);
      const contents = Array.from({ length: random.below(6) }, () => random.bytes(random.below([4, 100, 3000][random.below(3)] ?? 1)));
      const elements = contents.map((bytes, at) => {
        const members = [
          `"content": "${written(bytes.toString("base64"), random)}"`,
          `"mimeType":"application/pdf"`,
          `"metadata":{"content":"not this","n":${at},"t":"\\u00fc\\\\\\""}`,
          `"engineOutputContext":{"fileName":"f${at}"}`,
        ];
        return `{${members.toSorted(() => random.below(3) - 1).join(random.below(2) ? "," : " ,\n ")}}`;
      });
      const body = Buffer.from(`{"status":"success","data":[${elements.join(",")}]}`);
      const found = await stream(cut(body, random));
      should(found.map(({ content }) => content.toString("hex"))).eql(
        contents.map((bytes) => bytes.toString("hex")),
        `seed ${seed}`,
      );
      should(found).eql(readEnvelope(JSON.parse(body.toString()), context), `seed ${seed}`);
    }
  });

  it("refuses envelopes cut short, wherever the cut is", async () => {
    const body = Buffer.from(JSON.stringify({ data: [{ content: base64("first"), metadata: { a: "b" } }, { content: base64("second") }] }));
    for (let end = 0; end < body.length; end++) {
      should((await errorOf(() => stream([body.subarray(0, end)]))).code).equal("body-unreadable", `cut at ${end}`);
    }
  });

  it("refuses a content given twice", async () => {
    const error = await errorOf(() => stream([Buffer.from(`{"content":"${base64("a")}","content":"${base64("b")}"}`)]));
    should(error.message).containEql("twice");
  });

  it("holds only a little of a large content, at the pace of the store", async () => {
    const block = Buffer.from(
      seeded(5)
        .bytes(48 * 1024)
        .toString("base64"),
    );
    const blocks = 1024;
    let given = 0;
    let ahead = 0;
    let taken = 0;
    async function* body() {
      yield Buffer.from('{"mimeType":"application/pdf","content":"');
      for (; given < blocks; given++) {
        ahead = Math.max(ahead, given * 48 * 1024 - taken);
        yield block;
      }
      yield Buffer.from('","metadata":{"late":true}}');
    }
    const hash = createHash("sha256");
    const [document] = await readEnvelopeStream(body(), context, async (bytes) => {
      for await (const chunk of bytes) {
        hash.update(chunk);
        taken += chunk.length;
        if (taken % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return taken;
    });
    should(document?.content).equal(blocks * 48 * 1024);
    should(document?.facts.metadata).eql({ late: true });
    const expected = createHash("sha256");
    for (let at = 0; at < blocks; at++) expected.update(Buffer.from(block.toString(), "base64"));
    should(hash.digest("hex")).equal(expected.digest("hex"));
    should(ahead).be.below(1024 * 1024);
  });

  it("bounds everything that is not content", async () => {
    const read = (json: string, limits: object) => readEnvelopeStream(chunksOf([Buffer.from(json)]), context, keep, limits);
    const element = (size: number) => `{"content":"${base64("x")}","metadata":{"a":"${"y".repeat(size)}"}}`;
    const listed = (elements: string[]) => `{"data":[${elements.join(",")}]}`;
    should(await read(listed([element(700), element(700), element(700)]), { elementBytes: 1000 })).have.length(3);
    const large = await errorOf(() => read(listed([element(10), element(1100)]), { elementBytes: 1000 }));
    should(large.code).equal("body-too-large");
    should(large.message).containEql("data[1]");
    should((await errorOf(() => read(listed([element(700), element(700), element(700)]), { totalBytes: 1000 }))).code).equal(
      "body-too-large",
    );
    should((await errorOf(() => read(listed([element(1), element(1)]), { elements: 1 }))).code).equal("body-too-large");
    should((await errorOf(() => read(`{"metadata":${"[".repeat(5000)}`, {}))).code).equal("body-unreadable");
    should((await errorOf(() => read(`{"metadata":"${"x".repeat(2 ** 20)}`, {}))).code).equal("body-too-large");
  });

  it("gives the store's own error, and stops reading the body", async () => {
    let given = 0;
    async function* body() {
      yield Buffer.from('{"content":"');
      for (; given < 10_000; given++) yield Buffer.alloc(64 * 1024, 0x41);
    }
    const full = new DocbridgeError("spool-full", { message: "full", retryable: true });
    const failing = async (bytes: Readable) => {
      for await (const _ of bytes) throw full;
    };
    should(await errorOf(() => readEnvelopeStream(body(), context, failing))).equal(full);
    should(given).be.below(20);
    given = 0;
    should((await errorOf(() => readEnvelopeStream(body(), context, async () => "too early"))).code).equal("spool-io");
    should(given).be.below(20);
  });

  it("tells the store when the bytes end too early", async () => {
    const failures: unknown[] = [];
    const store = async (bytes: Readable) => {
      try {
        return await keep(bytes);
      } catch (error) {
        failures.push(error);
        throw error;
      }
    };
    const lost = new Error("connection lost");
    async function* broken() {
      yield Buffer.from(`{"data":[{"content":"${base64("whole")}"},{"content":"${base64("half of it").slice(0, 8)}`);
      throw lost;
    }
    const ended = await errorOf(() => readEnvelopeStream(broken(), context, store));
    should(ended).have.properties({ code: "body-unreadable", retryable: true, cause: lost });
    should(failures).eql([ended]);
    const bad = await errorOf(() => readEnvelopeStream(chunksOf([Buffer.from('{"content":"QUJD*QUJD"}')]), context, store));
    should(bad.code).equal("body-unreadable");
    should(failures.length).be.within(1, 2);
  });
});

describe("base64 decoder", () => {
  const decode = (pieces: Iterable<Buffer>) => {
    const decoder = new Base64Decoder((what) => new DocbridgeError("body-unreadable", { message: what }));
    return Buffer.concat([...[...pieces].map((piece) => decoder.write(piece)), decoder.end()]);
  };

  it("gives back any bytes from any pieces, with blanks anywhere", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seeded(seed);
      const bytes = random.bytes(random.below(200));
      const text = bytes.toString("base64").replace(/./g, (letter) => (random.below(9) === 0 ? `${letter}\r\n ` : letter));
      should(decode(cut(Buffer.from(text), random))).eql(bytes, `seed ${seed}`);
    }
  });

  it("never takes damaged text for whole: every single lost or changed character shows, or changes the bytes", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seeded(seed);
      const bytes = random.bytes(1 + random.below(50));
      const text = bytes.toString("base64");
      const at = random.below(text.length);
      const damaged =
        random.below(2) === 0
          ? text.slice(0, at) + text.slice(at + 1)
          : `${text.slice(0, at)}${"A=*-\u00e9"[random.below(5)]}${text.slice(at + 1)}`;
      let found: Buffer | undefined;
      try {
        found = decode(cut(Buffer.from(damaged, "latin1"), random));
      } catch (error) {
        should(error).be.instanceof(DocbridgeError);
      }
      if (found && damaged !== text) should(found).not.eql(bytes, `seed ${seed}`);
      if (damaged.length < text.length) should(found).be.undefined();
    }
  });
});
