import { once } from "node:events";
import { readdirSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import should from "should";
import type { LedgerNode } from "../../dist/runtime/ledger-service.js";
import { type Answer, deliver, envelopeOf, httpTrigger, partsOf } from "./deliveries.ts";
import { rigOfSuite } from "./rig.ts";
import { sha256, someBytes, until } from "./values.ts";

const SECRET = "a-secret-of-the-trigger";
const bearer = { Authorization: `Bearer ${SECRET}` };

/** POST with a body of unknown length, in many chunks. */
async function deliverChunked(url: string, headers: IncomingHttpHeaders, chunks: Iterable<Buffer>): Promise<Answer> {
  const request = httpRequest(url, { method: "POST", headers });
  const answered = new Promise<Answer>((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) =>
      json(response).then((body) => resolve({ status: response.statusCode ?? 0, body } as Answer), reject),
    );
  });
  for (const chunk of chunks) request.write(chunk);
  request.end();
  return answered;
}

describe("exstream-trigger, HTTP: what it refuses, in JSON that names the field", () => {
  const rig = rigOfSuite();

  const load = (values = {}, others = {}) => rig.load([httpTrigger(values)], others, { trigger: { secret: SECRET } });
  const post = (headers: Record<string, string>, body: BodyInit) => deliver(`${rig.url}/in`, headers, body);
  const hidden = "customer-data";
  const whole = envelopeOf(Buffer.from("whole"), { jobId: "j" });
  const envelope = (value: unknown) =>
    [{ "Content-Type": "application/json" }, typeof value === "string" ? value : JSON.stringify(value)] as const;
  const cut = (body: string) => [{ "Content-Type": "multipart/form-data; boundary=b" }, body] as const;
  const documentPart = '--b\r\nContent-Disposition: form-data; name="document"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n';
  const metadataPart = (text: string) =>
    `${documentPart}bytes\r\n--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n${text}\r\n--b--\r\n`;
  const cases: [string, readonly [Record<string, string>, string | FormData], number, string, RegExp][] = [
    ["bad base64", envelope({ ...whole, content: `${hidden}!` }), 400, "body-unreadable", /content/],
    [
      "bad base64 in one of many",
      envelope({ data: [whole, { ...whole, content: "abcde" }] }),
      400,
      "body-unreadable",
      /data\[1\]\.content/,
    ],
    ["broken JSON", envelope(`{"content": "${hidden}`), 400, "body-unreadable", /envelope/],
    ["an envelope without content", envelope({ metadata: { a: hidden } }), 400, "body-unreadable", /content/],
    ["an envelope that is a list", envelope([]), 400, "body-unreadable", /envelope/],
    [
      "multipart without the part document",
      [{}, partsOf([["metadata", new File(["{}"], "m", { type: "application/json" })]])],
      400,
      "body-unreadable",
      /"document"/,
    ],
    [
      "multipart with an unknown part",
      [
        {},
        partsOf([
          ["document", new File(["x"], "a.pdf")],
          ["other", new File([hidden], "b.pdf")],
        ]),
      ],
      400,
      "body-unreadable",
      /"other"/,
    ],
    ["multipart that breaks off", cut(`${documentPart}by`), 400, "body-unreadable", /multipart/],
    ["multipart without a boundary", [{ "Content-Type": "multipart/form-data" }, hidden], 400, "body-unreadable", /Content-Type/],
    ["metadata that is no JSON", cut(metadataPart(`{"a": ${hidden}}`)), 422, "sidecar-unreadable", /metadata/],
    ["metadata that is no XML", cut(metadataPart(`<a>${hidden}</b>`)), 422, "sidecar-unreadable", /metadata/],
    ["a hash that is none", [{ "X-Exstream-File-Sha256": hidden }, "text"], 422, "invalid-metadata", /X-Exstream-File-Sha256/],
    ["other bytes than announced", [{ "X-Exstream-File-Sha256": sha256("other") }, "text"], 422, "content-altered", /sha256|bytes/],
    ["a file name that is a path", [{ "X-Exstream-File-Name": `../../${hidden}` }, "text"], 422, "path-escape", /X-Exstream-File-Name/],
    ["two values for one field", envelope({ ...whole, jobId: "j", job_id: hidden }), 422, "invalid-metadata", /job/],
  ];
  for (const [what, [headers, body], status, code, field] of cases) {
    it(`${status} for ${what}`, async () => {
      await load({ secretMode: "required" });
      const answer = await post({ ...bearer, ...headers }, body);
      should({ status: answer.status, code: answer.body.code }).eql({ status, code });
      should(`${answer.body.subject} ${answer.body.message}`).match(field);
      JSON.stringify(answer.body).should.not.match(new RegExp(`${hidden}|${SECRET}`));
      should((await (await rig.ledger()).counts()).byState).eql({});
    });
  }

  it("415 for anything but multipart when the node takes only that", async () => {
    await load({ form: "multipart" });
    should(await post({ "Content-Type": "application/pdf" }, "text")).match({
      status: 415,
      body: { code: "unsupported-media-type", subject: "Content-Type" },
    });
    (await post({}, partsOf([["document", new File(["text"], "a.txt")]]))).status.should.equal(201);
  });

  it("413 for more than allowed, announced or not, in every form; nothing of it stays", async () => {
    await load({ maxMegabytes: "0.01" });
    const limit = 10_485;
    const [fits, tooMuch] = [someBytes(limit), someBytes(limit + 1)];
    (await post({ "Idempotency-Key": "fits" }, fits)).status.should.equal(201);
    const refused = [
      await post({}, tooMuch),
      await post({}, someBytes(40_000)),
      await post({}, partsOf([["document", new File([tooMuch], "a.bin")]])),
      await post({ "Content-Type": "application/json" }, JSON.stringify(envelopeOf(tooMuch, {}))),
      await deliverChunked(`${rig.url}/in`, {}, [tooMuch]),
      await deliverChunked(`${rig.url}/in`, {}, Array(100).fill(someBytes(50_000))),
    ];
    for (const { status, body } of refused) should({ status, code: body.code }).eql({ status: 413, code: "body-too-large" });
    should(rig.inSpool(sha256(tooMuch))).equal("missing");
    should((await (rig.node("ledger") as LedgerNode).stores()).spool.usage()).match({ usedBytes: limit });
  });

  it("lets a sender that is still sending get to the reply, in every form", async () => {
    await load({ secretMode: "required", maxMegabytes: "1" });
    const bytes = someBytes(6_000_000);
    for (const [headers, status] of [
      [{}, 401],
      [bearer, 413],
    ] as [Record<string, string>, number][]) {
      const answers = [
        await post(headers, bytes),
        await deliverChunked(`${rig.url}/in`, headers, Array(100).fill(bytes.subarray(0, 60_000))),
        await post(headers, partsOf([["document", new File([bytes], "a.bin")]])),
        await post({ ...headers, "Content-Type": "application/json" }, JSON.stringify(envelopeOf(bytes, {}))),
      ];
      should(answers.map((answer) => answer.status)).eql([status, status, status, status]);
    }
  });

  it("nothing of a delivery that breaks off in the middle, in every form", async () => {
    await load();
    const ledger = await rig.ledger();
    const parts = join(rig.ledgerDir, "spool/part");
    const bytes = someBytes(500_000);
    for (const [headers, begin] of [
      [{ "Content-Type": "application/pdf" }, bytes],
      [{ "Content-Type": "multipart/form-data; boundary=b" }, Buffer.concat([Buffer.from(documentPart), bytes])],
      [{ "Content-Type": "application/json" }, Buffer.from(`{"content":"${bytes.toString("base64")}`)],
    ] as [IncomingHttpHeaders, Buffer][]) {
      const request = httpRequest(`${rig.url}/in`, { method: "POST", headers: { ...headers, "Content-Length": 1_000_000 } });
      const broken = once(request, "error");
      request.write(begin);
      await until("bytes of it are in the spool", () => readdirSync(parts).length === 1);
      request.destroy(new Error("the sender is gone"));
      await broken;
      await until("its bytes are gone", () => readdirSync(parts).length === 0);
    }
    should((await ledger.counts()).byState).eql({});
    should(readdirSync(join(rig.ledgerDir, "spool"))).eql(["part"]);
  });

  it("503 with Retry-After while the spool is full; what fits is taken", async () => {
    await load({}, { ledger: { directory: "full", spoolGb: "0.00001" } });
    const { status, body, headers } = await post({ "Idempotency-Key": "big" }, someBytes(20_000));
    should({ status, code: body.code }).eql({ status: 503, code: "spool-full" });
    should(Number(headers.get("retry-after"))).be.above(0);
    (await post({ "Idempotency-Key": "small" }, someBytes(5_000))).status.should.equal(201);
    should((await post({ "Idempotency-Key": "more" }, someBytes(6_000))).status).equal(503);
    const parts = partsOf([["document", new File([someBytes(5_000_000)], "a.bin")]]);
    should((await post({}, parts)).status).equal(503);
    await rig.received();
    should((await (await rig.ledger()).counts()).byState).match({ closed: 1 });
  });
});
