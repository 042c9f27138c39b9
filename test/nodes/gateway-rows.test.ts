import should from "should";
import type { GatewayDocument } from "../../dist/clients/exstream/gateway.js";
import { documentIdOf } from "../../dist/core/key.js";
import { addressOf, documentSettled, entryOf, settledText } from "../../dist/exstream/exstream-trigger/gateway/gateway-rows.js";

describe("documents of a service gateway", () => {
  const columns = {
    processingattemptid: "a/1",
    trackerid: "t1",
    originaltrackerid: "top",
    customerinrun: "7",
    connectorname: "archive",
    processingstate: "4",
    statusmessage: "waits",
  };
  const row = (values: Partial<GatewayDocument> = {}): GatewayDocument => ({
    attemptId: "a/1",
    state: "4",
    columns,
    variables: {},
    ...values,
  });
  const rule = { held: ["4"], names: new Map([["CIS", "customerNumber"]]) };
  const good = (values: Partial<GatewayDocument> = {}) => {
    const entry = entryOf(row(values), rule, "top");
    if ("error" in entry) throw entry.error;
    return entry;
  };

  it("takes variables before columns, by their other names, and leaves out what changes", () => {
    const variables = { CIS: "4711", QueueName: "print", FileName: "x.pdf", JobId: "a project's own", Account: "08" };
    const { facts } = good({ variables });
    should(facts.source).match({ jobId: "top", trackerId: "t1", customerNumber: "4711", queueName: "print", fileName: "x.pdf" });
    should(facts.metadata).match({ Account: "08", JobId: "a project's own", connectorname: "archive" });
    should(facts.metadata).not.have.properties(["processingstate"]);
    should(facts.metadata).not.have.properties(["statusmessage"]);
    should(facts.source).not.have.property("idempotencyKey");
  });

  it("tells documents without names apart by their attempts", () => {
    const [one, other] = ["a1", "a2"].map((attemptId) => good({ attemptId }).facts.source);
    should(one).match({ customerNumber: "7", queueName: "archive" });
    should(documentIdOf(one as never)).not.equal(documentIdOf(other as never));
  });

  it("names who a failed document was for, and why", () => {
    const failed = (message: string, state = "6") => entryOf(row({ state, message }), rule, "top");
    should(failed("no font")).match({ error: { code: "not-composed", message: /no font/ }, customerNumber: "7", queueName: "archive" });
    should(failed("", "2")).match({ error: { code: "not-composed", message: /left in state 2/ } });
    const own = settledText.refused({ code: "missing-metadata", message: "Nothing\nthere." });
    should(failed(own)).match({ error: { code: "missing-metadata", message: "Nothing\nthere." } });
  });

  it("makes the address of its columns and variables, and says which value is missing", () => {
    const variables = { Place: "x y" };
    should(addressOf(row({ variables }), "v1/{{Place}}/{{processingattemptid}}")).equal("v1/x%20y/a%2F1");
    should(() => addressOf(row(), "{{Place}}")).throw({ code: "missing-metadata" });
  });

  it("knows what it settled itself", () => {
    for (const message of [settledText.taken("d-1"), settledText.stopped("d-1", { code: "content-damaged", message: "x" })])
      should(documentSettled(row({ message }))).equal("d-1");
    for (const message of [undefined, "somebody took document d-1", settledText.refused({ code: "template", message: "x" })])
      should(documentSettled(row({ message }))).equal(undefined);
  });
});
