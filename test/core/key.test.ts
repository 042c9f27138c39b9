import { createHash } from "node:crypto";
import should from "should";
import { documentIdOf, documentKey, keyOfTemplate, sourceKey } from "../../dist/core/key.js";
import { errorOf, seeded } from "./intake-support.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const source = (given: Record<string, string> = {}) => ({ system: "exstream" as const, channel: "http" as const, ...given });
const parts = { tenant: "t", jobId: "j", documentId: "d", variant: "pdf", sha256: "ab" };

describe("document key", () => {
  it("is the sha256 of tenant, job, document, variant and content hash", () => {
    should(documentKey(parts)).equal(hash("t|j|d|pdf|ab"));
    for (const name of Object.keys(parts)) should(documentKey({ ...parts, [name]: "other" })).not.equal(documentKey(parts), name);
  });

  it("differs for any two different tuples, wherever the separator stands in them", () => {
    const random = seeded(1);
    const pieces = ["", "a", "|", "\\", "\\|", "a|b", "|\\"];
    const tuples = new Map<string, string>();
    for (let run = 0; run < 20_000; run++) {
      const [tenant, jobId, documentId, variant, sha256] = Array.from({ length: 5 }, () => {
        return Array.from({ length: random.below(3) }, () => pieces[random.below(pieces.length)]).join("");
      }) as [string, string, string, string, string];
      const key = documentKey({ tenant, jobId, documentId, variant, sha256 });
      const tuple = JSON.stringify([tenant, jobId, documentId, variant, sha256]);
      should(tuples.get(key) ?? tuple).equal(tuple);
      tuples.set(key, tuple);
    }
    should(tuples.size).be.above(5000);
  });
});

describe("document id", () => {
  it("is the idempotency key, else the place in the job, else the file name", () => {
    const place = { flowStepId: "s", queueName: "q", customerNumber: "7", fileName: "x" };
    should(documentIdOf(source({ ...place, idempotencyKey: "mine" }))).equal("mine");
    should(documentIdOf(source(place))).equal("s|q|7|x");
    should(documentIdOf(source({ queueName: "q|r", fileName: "x" }))).equal("|q\\|r||x");
    should(documentIdOf(source({ fileName: "x" }))).equal("x");
    should(documentIdOf(source())).equal("");
  });
});

describe("source key", () => {
  it("follows the order of the wire contract", () => {
    const place = { jobId: "j", flowStepId: "s", queueName: "q", customerNumber: "7", fileName: "x" };
    const attempt = { processingattemptid: "99" };
    should(sourceKey(source({ ...place, idempotencyKey: "mine" }), attempt)).equal("k|mine");
    should(sourceKey(source(place), attempt)).equal("s|j|s|q|7|x");
    should(sourceKey(source({ jobId: "j", fileName: "x" }), attempt)).equal("s|j||||x");
    should(sourceKey(source({ jobId: "j" }), attempt)).equal("a|99");
    should(sourceKey(source({ queueName: "q", fileName: "x" }), { processingAttemptId: 99 })).equal("a|99");
    should(sourceKey(source({ jobId: "j" }))).be.undefined();
    should(sourceKey(source({ fileName: "x" }), { processingattemptid: "" })).be.undefined();
  });

  it("never gives two rules the same key", () => {
    should(sourceKey(source({ idempotencyKey: "j||||x" }))).not.equal(sourceKey(source({ jobId: "j", fileName: "x" })));
    should(sourceKey(source({ idempotencyKey: "1" }))).not.equal(sourceKey(source(), { processingattemptid: "1" }));
  });
});

describe("business key", () => {
  const view = { metadata: { customer: "C 1", period: "2026-01", empty: " " }, source: { jobId: "j" } };

  it("is made by a template", () => {
    should(keyOfTemplate("{{metadata.customer}}/{{metadata.period}}", view)).equal("C 1/2026-01");
  });

  it("names every missing value and shows none", async () => {
    const error = await errorOf(() => keyOfTemplate("{{metadata.customer}}/{{metadata.account}}/{{metadata.empty}}", view));
    should(error.code).equal("missing-metadata");
    should(error.subject).equal("metadata.account, metadata.empty");
    should(error.message).containEql("metadata.account").and.not.containEql("C 1");
  });
});
