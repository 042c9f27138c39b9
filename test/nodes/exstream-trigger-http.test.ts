import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import should from "should";
import { deliver, envelopeOf, httpTrigger, PDF_HEADERS, partsOf } from "./deliveries.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { sha256, someBytes } from "./values.ts";

const SECRET = "a-secret-of-the-trigger";
const bearer = { Authorization: `Bearer ${SECRET}` };

/** The key as use-cases.md 1.2 has it, made without the product. */
function keyOf(job: string, document: string, variant: string, bytes: Buffer, tenant = ""): string {
  const parts = [tenant, job, document, variant, sha256(bytes)].map((part) => part.replace(/[\\|]/g, "\\$&"));
  return createHash("sha256").update(parts.join("|")).digest("hex");
}

describe("exstream-trigger, HTTP", () => {
  const rig = rigOfSuite();

  const load = (values = {}, others = {}) => rig.load([httpTrigger(values)], others, { trigger: { secret: SECRET } });
  const post = (headers: Record<string, string>, body: BodyInit) => deliver(`${rig.url}/in`, headers, body);

  describe("forms of a delivery", () => {
    it("takes raw bytes with headers: equal bytes, source, metadata, key", async () => {
      await load({ tenant: "north" });
      const bytes = someBytes(300_000);
      const { status, body } = await post(
        { ...PDF_HEADERS, "X-Exstream-Meta-Account-Number": "0815", "X-Exstream-Meta-City": "Zürich" },
        bytes,
      );
      status.should.equal(201);
      const document = documentOf((await rig.received())[0]);
      should(body).eql({ status: "stored", documentId: document.id, duplicate: false });
      should(document).match({
        key: keyOf("job-1", "|PDF_OUT|4711|statement.pdf", "pdf", bytes, "north"),
        batch: { id: "job-1" },
        source: {
          system: "exstream",
          channel: "http",
          jobId: "job-1",
          queueName: "PDF_OUT",
          customerNumber: "4711",
          fileName: "statement.pdf",
        },
        metadata: { accountNumber: "0815", city: "Zürich" },
        content: { sha256: sha256(bytes), size: 300_000, mediaType: "application/pdf", fileName: "statement.pdf" },
        variant: { role: "pdf" },
        attempt: 1,
      });
      (await buffer(await document.content.open())).equals(bytes).should.be.true();
      rig.inSpool(sha256(bytes)).should.equal(sha256(bytes));
      should(rig.messages()[0]).match({ topic: "job-1", payload: { accountNumber: "0815" } });
      await rig.inState(document.id, "closed");
      await rig.shown("trigger", "listening");
    });

    for (const [kind, metadata] of [
      [
        "JSON",
        {
          type: "application/json",
          text: '{"jobId":"job-1","queueName":"PDF_OUT","customerNumber":"4711","keys":{"accountNumber":"0815"}}',
        },
      ],
      [
        "XML",
        {
          type: "text/xml",
          text: '<d><jobId>job-1</jobId><queueName>PDF_OUT</queueName><customerNumber>4711</customerNumber><key name="accountNumber">0815</key></d>',
        },
      ],
    ] as const) {
      it(`takes multipart with ${kind} metadata, in any order of the parts`, async () => {
        await load();
        for (const [number, order] of [
          ["document", "metadata"],
          ["metadata", "document"],
        ].entries()) {
          const bytes = someBytes(300_000);
          const part = {
            document: new File([bytes], "statement.pdf", { type: "application/pdf" }),
            metadata: new File([metadata.text], "m", { type: metadata.type }),
          };
          // The same place in the job with other bytes would be a conflict.
          part.metadata = new File([metadata.text.replace("job-1", `job-${number}`)], "m", { type: metadata.type });
          const form = partsOf(order.map((name) => [name, part[name as keyof typeof part]]));
          (await post({}, form)).status.should.equal(201);
          const document = documentOf((await rig.received(number + 1))[number]);
          should(document).match({
            key: keyOf(`job-${number}`, "|PDF_OUT|4711|statement.pdf", "pdf", bytes),
            source: { jobId: `job-${number}`, queueName: "PDF_OUT", customerNumber: "4711", fileName: "statement.pdf" },
            metadata: { accountNumber: "0815" },
            content: { sha256: sha256(bytes), mediaType: "application/pdf", fileName: "statement.pdf" },
          });
          rig.inSpool(sha256(bytes)).should.equal(sha256(bytes));
        }
      });
    }

    it("takes an envelope of one document, and one of many", async () => {
      await load();
      const sent = Array.from({ length: 3 }, () => someBytes(30_001));
      const [one, ...more] = sent.map((bytes, number) =>
        envelopeOf(bytes, { jobId: "job-e", customerNumber: String(number), queueName: "Q" }),
      );
      const first = await post({ "Content-Type": "application/json" }, JSON.stringify(one));
      should(first).match({ status: 201, body: { duplicate: false } });
      const second = await post({ "Content-Type": "application/json" }, JSON.stringify({ status: "success", data: more }));
      should(second.status).equal(201);
      should((second.body.documents as { documentId: string }[]).length).equal(2);
      const documents = (await rig.received(3)).map(documentOf);
      for (const [number, bytes] of sent.entries()) {
        const document = documents.find(({ source }) => source.customerNumber === String(number));
        should(document).match({
          key: keyOf("job-e", `|Q|${number}|`, "pdf", bytes),
          metadata: { accountNumber: "0815" },
          content: { sha256: sha256(bytes), size: 30_001, mediaType: "application/pdf" },
        });
        rig.inSpool(sha256(bytes)).should.equal(sha256(bytes));
      }
    });

    it("gives documents of a batch their number and their business key", async () => {
      await load({ businessKey: "{{source.customerNumber}}/{{metadata.period}}" });
      const headers = {
        ...PDF_HEADERS,
        "X-Exstream-Batch-Seq": "7",
        "X-Exstream-Batch-Expected": "25",
        "X-Exstream-Meta-Period": "2026-01",
      };
      (await post(headers, someBytes())).status.should.equal(201);
      should(documentOf((await rig.received())[0])).match({ businessKey: "4711/2026-01", batch: { id: "job-1", seq: 7, expected: 25 } });
      const { "X-Exstream-Meta-Period": _, ...without } = headers;
      should(await post({ ...without, "X-Exstream-Job-Id": "job-2" }, someBytes())).match({
        status: 422,
        body: { code: "missing-metadata", message: /metadata\.period/ },
      });
    });
  });

  describe("the secret", () => {
    it("is required: 401 without it and with a wrong one, 201 as bearer, password or header", async () => {
      await load({ secretMode: "required" });
      const basic = (password: string) => ({ Authorization: `Basic ${Buffer.from(`exstream:${password}`).toString("base64")}` });
      const wrong = "not-the-secret";
      const attempts = [{}, { Authorization: `Bearer ${wrong}` }, basic(wrong), { "X-Docbridge-Secret": wrong }, { Authorization: SECRET }];
      for (const headers of attempts) {
        const { status, body, headers: answer } = await post({ ...headers, "Idempotency-Key": "k" } as Record<string, string>, "text");
        should({ status, code: body.code }).eql({ status: 401, code: "unauthorized-intake" });
        should(answer.get("www-authenticate")).match(/Bearer.*Basic/);
        JSON.stringify(body).should.not.match(/secret-of|not-the-secret/);
      }
      should((await (await rig.ledger()).counts()).byState).eql({});
      for (const [number, headers] of [bearer, basic(SECRET), { "X-Docbridge-Secret": SECRET }].entries()) {
        (await post({ ...headers, "Idempotency-Key": `k${number}` } as Record<string, string>, `text ${number}`)).status.should.equal(201);
      }
      await rig.received(3);
    });

    it("opens no route when it is required and empty, and names the field", async () => {
      await rig.load([httpTrigger({ secretMode: "required" })]);
      await rig.shown("trigger", "configuration");
      should(rig.errors().join()).match(/'secret'/);
      (await fetch(`${rig.url}/in`, { method: "POST", body: "text" })).status.should.equal(404);
    });

    it("is required when the node says nothing about it", async () => {
      await load({ secretMode: undefined });
      (await post({}, "text")).status.should.equal(401);
    });
  });

  describe("repeats", () => {
    it("answers 200 with the same id when the same comes again, and releases it once", async () => {
      await load();
      const bytes = someBytes();
      const first = await post(PDF_HEADERS, bytes);
      const second = await post(PDF_HEADERS, bytes);
      should(second).match({ status: 200, body: { status: "stored", documentId: first.body.documentId, duplicate: true } });
      (await post({ ...PDF_HEADERS, "X-Exstream-Job-Id": "job-2" }, bytes)).status.should.equal(201);
      await rig.received(2);
      should(rig.messages().map((message) => documentOf(message).source.jobId)).eql(["job-1", "job-2"]);
    });

    it("answers 409 when other bytes come under the same key, keeps both and releases the first only", async () => {
      await load();
      const [first, second] = [someBytes(), someBytes()];
      const kept = await post({ "Idempotency-Key": "key-1" }, first);
      kept.status.should.equal(201);
      const { status, body } = await post({ "Idempotency-Key": "key-1" }, second);
      should(status).equal(409);
      should(body).match({ code: "conflict", conflictsWith: kept.body.documentId });
      should([sha256(first), sha256(second)].map((hash) => rig.inSpool(hash))).eql([sha256(first), sha256(second)]);
      await rig.inState(String(body.documentId), "conflict");
      await rig.received();
      should(rig.messages().map((message) => documentOf(message).id)).eql([kept.body.documentId]);
    });

    it("takes one of 16 equal deliveries at the same time for new", async () => {
      await load();
      const bytes = someBytes();
      const answers = await Promise.all(Array.from({ length: 16 }, () => post(PDF_HEADERS, bytes)));
      should(answers.map(({ status }) => status).sort()).eql([...Array(15).fill(200), 201]);
      should(new Set(answers.map(({ body }) => body.documentId)).size).equal(1);
    });
  });

  it("takes a delivery by PUT, with its file name in Content-Disposition and its fields in the address", async () => {
    await load();
    const headers = { "Content-Type": "text/html", "Content-Disposition": "attachment; filename*=UTF-8''%C3%9Cbersicht.html" };
    const reply = await fetch(`${rig.url}/in?jobId=job-9&X-Exstream-Meta-Period=2026-01`, { method: "PUT", headers, body: "<p>text</p>" });
    reply.status.should.equal(201);
    should(documentOf((await rig.received())[0])).match({
      source: { jobId: "job-9", fileName: "Übersicht.html" },
      content: { sha256: sha256("<p>text</p>"), mediaType: "text/html", fileName: "Übersicht.html" },
      metadata: { period: "2026-01" },
    });
  });

  it("says at deploy that another node has its path, and leaves that one alone", async () => {
    await rig.load([httpTrigger(), { ...httpTrigger(), id: "second", path: "in" }]);
    await rig.shown("second", "configuration");
    should(rig.errors().join()).match(/path \/in/);
    (await post({}, "text")).status.should.equal(201);
    await rig.received();
  });

  it("takes its route away when it is removed, and takes nothing twice over a redeploy", async () => {
    await load({ doneWhen: "receipts", destinations: "somewhere" });
    const first = await post(PDF_HEADERS, "text");
    await rig.received();
    await rig.redeploy();
    const again = (await rig.received(2))[1];
    should(documentOf(again)).match({ id: first.body.documentId, attempt: 2 });
    await rig.redeploy({ trigger: { d: true } });
    (await fetch(`${rig.url}/in`, { method: "POST", body: "text" })).status.should.equal(404);
  });
});
