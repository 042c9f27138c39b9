import should from "should";
import { decodeHeaderValue, dispositionFileName } from "../../dist/core/intake/header-value.js";
import { factsFromHeaders, type HeaderOptions, type HeaderRequest } from "../../dist/core/intake/headers.js";
import { errorOf } from "./intake-support.ts";

const context = { channel: "http" as const, origin: "request" };
const read = (request: HeaderRequest, options?: HeaderOptions) => factsFromHeaders(request, context, options);
/** How Node gives header bytes that are UTF-8. */
const wire = (text: string) => Buffer.from(text, "utf8").toString("latin1");

describe("metadata in headers", () => {
  it("fills source, batch, declared values and metadata", () => {
    const facts = read({
      headers: {
        "x-exstream-job-id": "job",
        "X-EXSTREAM-FLOW-INSTANCE-ID": "fi",
        "x-exstream-flow-step-id": "fs",
        "x-exstream-queue-name": "PDF",
        "x-exstream-customer-number": "0007",
        "x-exstream-file-name": "statement",
        "x-exstream-communication-id": "c",
        "x-exstream-communication-version": "3",
        "x-exstream-external-id": "e",
        "x-exstream-tracker-id": "t",
        "x-exstream-batch-seq": "2",
        "x-exstream-batch-expected": "10",
        "x-exstream-file-size": "5",
        "x-exstream-file-sha256": "A".repeat(64),
        "idempotency-key": "k",
        "content-type": "application/pdf",
        "x-exstream-meta-account-number": "4711",
        "x-exstream-meta-period": "2026-01",
        "x-other": "ignored",
      },
    });
    should(facts).eql({
      source: {
        system: "exstream",
        channel: "http",
        jobId: "job",
        flowInstanceId: "fi",
        flowStepId: "fs",
        queueName: "PDF",
        customerNumber: "0007",
        communicationId: "c",
        communicationVersion: "3",
        externalId: "e",
        trackerId: "t",
        idempotencyKey: "k",
        fileName: "statement",
      },
      batch: { id: "job", seq: 2, expected: 10 },
      variantRole: "pdf",
      fileName: "statement.pdf",
      mediaType: "application/pdf",
      declared: { size: 5, sha256: "a".repeat(64) },
      metadata: { accountNumber: "4711", period: "2026-01" },
    });
  });

  it("takes query values where there is no header", () => {
    const facts = read({
      headers: { "x-exstream-job-id": "from-header", "x-exstream-meta-a": "header" },
      query: {
        jobId: "from-query",
        "X-Exstream-Queue-Name": "q",
        customernumber: "7",
        "x-exstream-meta-a": "query",
        "x-exstream-meta-b": "b",
        token: "secret",
      },
    });
    should(facts.source).containEql({ jobId: "from-header", queueName: "q", customerNumber: "7" });
    should(facts.metadata).eql({ a: "header", b: "b" });
  });

  it("takes other names, by field, prefix and table", () => {
    const facts = read(
      {
        headers: { "x-job": "j", "x-exstream-job-id": "not this", "x-doc-date": "today", "x-branch": "9", "x-exstream-meta-a": "not this" },
      },
      { names: { jobId: "X-Job" }, metadataPrefix: "X-Doc-", metadata: { "X-Branch": "branchCode" } },
    );
    should(facts.source.jobId).equal("j");
    should(facts.metadata).eql({ date: "today", branchCode: "9" });
  });

  it("makes do with nothing", () => {
    should(read({ headers: {} })).eql({
      source: { system: "exstream", channel: "http" },
      variantRole: "document",
      fileName: "document",
      mediaType: "application/octet-stream",
      metadata: {},
    });
    should(read({ headers: { "content-type": "text/html;charset=utf-8" } })).containEql({
      fileName: "document.html",
      mediaType: "text/html",
    });
    should(read({ headers: { "content-type": "application/x-www-form-urlencoded", "x-exstream-file-name": "x.pdf" } }).mediaType).equal(
      "application/pdf",
    );
  });

  it("takes the file name of Content-Disposition, after the header of its own and before the query", () => {
    const disposition = { "content-disposition": `attachment; filename="x.pdf"` };
    should(read({ headers: disposition, query: { fileName: "q.pdf" } }).fileName).equal("x.pdf");
    should(read({ headers: { ...disposition, "x-exstream-file-name": "h.pdf" } }).fileName).equal("h.pdf");
  });

  it("reads engine names of metadata as source where nothing else tells it", () => {
    should(read({ headers: { "x-exstream-meta-customer-number": "8" } }).source.customerNumber).equal("8");
    should(read({ headers: { "x-exstream-meta-customer-number": "8", "x-exstream-customer-number": "7" } }).source.customerNumber).equal(
      "7",
    );
    should(read({ headers: {}, query: { "x-exstream-meta-SYS_CustomerInRun": "8" } }).source.customerNumber).equal("8");
  });

  it("refuses what is wrong by name of the header", async () => {
    const wrong: [Record<string, string | string[]>, string, string][] = [
      [{ "x-exstream-file-size": "5 MB" }, "invalid-metadata", "X-Exstream-File-Size"],
      [{ "x-exstream-file-size": "-1" }, "invalid-metadata", "X-Exstream-File-Size"],
      [{ "x-exstream-batch-seq": "9".repeat(20) }, "invalid-metadata", "X-Exstream-Batch-Seq"],
      [{ "x-exstream-file-sha256": "abc" }, "invalid-metadata", "X-Exstream-File-Sha256"],
      [{ "x-exstream-file-name": "../x" }, "path-escape", "X-Exstream-File-Name"],
      [{ "content-disposition": `a; filename="C:\\dir\\x.pdf"` }, "path-escape", "Content-Disposition"],
      [{ "x-exstream-job-id": ["a", "b"] }, "invalid-metadata", "X-Exstream-Job-Id"],
      [{ "x-exstream-job-id": "a".repeat(1025) }, "value-too-long", "X-Exstream-Job-Id"],
      [{ "x-exstream-job-id": "UTF-8''%zz" }, "invalid-metadata", "X-Exstream-Job-Id"],
      [{ "x-exstream-meta-__proto__": "x" }, "invalid-metadata", "__proto__"],
    ];
    for (const [headers, code, subject] of wrong) {
      const error = await errorOf(() => read({ headers }));
      should(error).have.properties({ code, subject });
      should(error.message).not.match(/5 MB|abc|\.\.\/x/);
    }
    should(read({ headers: { "x-exstream-job-id": ["a", "a"] } }).source.jobId).equal("a");
  });
});

describe("header values", () => {
  const decode = (raw: string) => decodeHeaderValue(raw, "X");

  it("are read as their sender meant them", () => {
    should(decode("plain 100%25")).equal("plain 100%25");
    should(decode(wire("Müller € 名"))).equal("Müller € 名");
    should(decode("M\u00fcller")).equal("Müller");
    should(decode("UTF-8''M%C3%BCller%20%E2%82%AC")).equal("Müller €");
    should(decode("utf-8'de'M%C3%BCller")).equal("Müller");
    should(decode("ISO-8859-1''M%FCller")).equal("Müller");
    should(decode("Latin'9'x")).equal("Latin'9'x");
  });

  it("are refused when they are percent-encoded wrongly", async () => {
    for (const raw of ["UTF-8''%FC", "UTF-8''%", "ISO-8859-1''%F", "ISO-8859-1''%G0"]) {
      should(await errorOf(() => decode(raw))).have.properties({ code: "invalid-metadata", subject: "X" });
    }
  });

  it("give the file name of Content-Disposition", () => {
    should(dispositionFileName(`attachment; filename="a;\\"b\\".pdf"; size=5`)).equal(`a;"b".pdf`);
    should(dispositionFileName("attachment; filename=plain.pdf")).equal("plain.pdf");
    should(dispositionFileName(`attachment; filename="fallback.pdf"; filename*=UTF-8''%C3%BC.pdf`)).equal("ü.pdf");
    should(dispositionFileName(`form-data; name="document"; filename="${wire("ü.pdf")}"`)).equal("ü.pdf");
    should(dispositionFileName(`attachment; filename="C:\\dir\\x.pdf"`)).equal("C:\\dir\\x.pdf");
    should(dispositionFileName("inline")).be.undefined();
    should(dispositionFileName(`attachment; filename="${"\\".repeat(50_000)}`)).equal("");
  });
});
