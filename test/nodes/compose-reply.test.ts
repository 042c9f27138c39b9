import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import should from "should";
import { Spool } from "../../dist/core/content/spool.js";
import { readReply } from "../../dist/exstream/exstream-compose/reply.js";
import { failureOf } from "../clients/support.ts";
import { sha256, someBytes } from "./values.ts";

describe("the reply of a composition", () => {
  let dir: string;
  let spool: Spool;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-reply-"));
    spool = await Spool.open({ dir, maxBytes: 1024 ** 3 });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const pdf = someBytes(200_000);
  const element = {
    content: pdf.toString("base64"),
    mimeType: "application/pdf",
    engineOutputContext: { queueName: "Archive", fileName: "letter_4711", customerNumber: "4711" },
  };
  const read = (body: unknown, kind: "bytes" | "json" = "json", mediaType = "application/json") => {
    const text = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    // In pieces that cut characters, names and groups of base64.
    const pieces = Array.from({ length: Math.ceil(text.length / 977) }, (_, at) => text.subarray(at * 977, (at + 1) * 977));
    return readReply({ kind, status: 200, mediaType, stream: Readable.from(pieces) }, spool, { maxBytes: 10 * 1024 ** 2 });
  };

  it("gives the outputs of an envelope with their bytes in the spool", async () => {
    const html = Buffer.from("<p>é</p>");
    const second = { ...element, content: html.toString("base64"), mimeType: "text/html; charset=utf-8" };
    const { outputs, interactive } = await read({ status: "success", data: [element, second] });
    should(outputs.map(({ content }) => content.sha256)).eql([sha256(pdf), sha256(html)]);
    should(outputs.map(({ facts }) => [facts.variantRole, facts.fileName, facts.mediaType])).eql([
      ["pdf", "letter_4711.pdf", "application/pdf"],
      ["html", "letter_4711.html", "text/html"],
    ]);
    should(outputs[0]?.facts.source).match({ system: "exstream", channel: "compose", queueName: "Archive", customerNumber: "4711" });
    should(interactive).eql([]);
    should((await buffer(await spool.read(sha256(pdf)))).equals(pdf)).equal(true);
  });

  it("takes bare bytes as the one output", async () => {
    const { outputs } = await read(pdf, "bytes", "application/pdf");
    should(outputs.length).equal(1);
    should(outputs[0]).match({ content: { sha256: sha256(pdf), size: pdf.length }, facts: { variantRole: "pdf" } });
  });

  it("recognises an interactive document in both spellings, and a document of Empower's own type", async () => {
    should(await read({ documentId: "d1" })).eql({ outputs: [], interactive: ["d1"] });
    const mimeType = "application/vnd.exstream-empower";
    const content = Buffer.from('{"documentId":"d2"}').toString("base64");
    should(await read({ status: "success", data: [{ ...element, content, mimeType }] })).eql({ outputs: [], interactive: ["d2"] });
    const { outputs, interactive } = await read({ status: "success", data: [{ ...element, mimeType }] });
    should([outputs.length, interactive.length]).eql([1, 0]);
  });

  for (const kind of ["bytes", "json"] as const) {
    it(`holds no more of ${kind} than is on its way to the disk`, async () => {
      const piece = someBytes(768 * 1024);
      const before = spool.usage().usedBytes;
      let given = 0;
      let mostHeld = 0;
      const content = function* () {
        for (let at = 0; at < 40; at += 1) {
          given += piece.length;
          yield kind === "json" ? Buffer.from(piece.toString("base64")) : piece;
          mostHeld = Math.max(mostHeld, given - (spool.usage().usedBytes - before));
        }
      };
      const envelope = function* () {
        yield Buffer.from('{"status":"success","data":[{"mimeType":"application/pdf","content":"');
        yield* content();
        yield Buffer.from('"}]}');
      };
      const stream = Readable.from(kind === "json" ? envelope() : content(), { objectMode: false, highWaterMark: 1024 * 1024 });
      const mediaType = kind === "json" ? "application/json" : "application/pdf";
      const { outputs } = await readReply({ kind, status: 200, mediaType, stream }, spool, { maxBytes: 1024 ** 3 });
      should(outputs[0]?.content.size).equal(40 * piece.length);
      mostHeld.should.be.belowOrEqual(6 * piece.length);
    });
  }

  const shape2 = (statusCode: string) => ({ status: "error", data: [{ errorMessage: "failed", statusCode, engineOutputContext: {} }] });
  const cases: [what: string, body: unknown, error: object, kind?: "bytes"][] = [
    ["an output's 401", shape2("401"), { code: "permission-denied", retryable: false, remote: { code: "401", message: "failed" } }],
    ["an output's 500", shape2("500"), { code: "refused", retryable: true }],
    ["a generic 401", { timestamp: 1, status: 401, message: "Unauthorized", errorCode: 7 }, { code: "authentication-failed" }],
    ["a generic 503", { timestamp: 1, status: 503, message: "no", errorCode: 0 }, { code: "service-unavailable", retryable: true }],
    ["wrong base64", { status: "success", data: [{ ...element, content: "AAA*" }] }, { code: "body-unreadable", subject: /content/ }],
    ["base64 cut off", { status: "success", data: [{ ...element, content: "AAAAA" }] }, { code: "body-unreadable" }],
    ["an envelope cut off", JSON.stringify({ status: "success", data: [element] }).slice(0, -9), { code: "body-unreadable" }],
    ["an element without content", { status: "success", data: [{ mimeType: "text/html" }] }, { code: "body-unreadable" }],
    ["JSON that is no envelope", { hello: 1 }, { code: "body-unreadable" }],
    ["no output at all", { status: "success", data: [] }, { code: "unexpected-reply" }],
    ["no byte at all", "", { code: "unexpected-reply" }, "bytes"],
    ["too many bytes", Buffer.alloc(11 * 1024 ** 2), { code: "body-too-large" }, "bytes"],
  ];
  for (const [what, body, error, kind] of cases) {
    it(`refuses, with a typed error: ${what} in a reply that says success`, async () => {
      should(await failureOf(read(body, kind))).match(error);
    });
  }
});
