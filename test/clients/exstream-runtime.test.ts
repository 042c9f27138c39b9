import { buffer } from "node:stream/consumers";
import should from "should";
import { ExstreamClient } from "../../dist/clients/exstream/exstream.js";
import { type Answer, type Asked, failureOf, serve, type TestServer } from "./support.ts";

const RUNTIME = "/orchestration/api/v1/runtime/acme";

describe("ExstreamClient, what jobs left behind", () => {
  let server: TestServer;
  let otds: TestServer;
  let client: ExstreamClient;
  let handler: (asked: Asked) => Answer;

  beforeEach(async () => {
    server = await serve((asked) => handler(asked));
    otds = await serve((_asked, index) => ({ json: { access_token: `t${index}`, expires_in: 900 } }));
    client = new ExstreamClient({
      baseUrl: server.url,
      domain: "acme",
      credentials: {
        kind: "oauth2",
        tokenUrl: otds.url,
        grant: "client_credentials",
        clientId: "c",
        clientSecret: "s",
        bodyFormat: "form",
        clientAuth: "body",
      },
    });
  });
  afterEach(async () => {
    client.close();
    await server.close();
    await otds.close();
  });

  const queryOf = (asked: Asked) => Object.fromEntries(new URL(asked.path, server.url).searchParams);
  const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
    const list: T[] = [];
    for await (const item of items) list.push(item);
    return list;
  };

  it("names the collections of a flow instance", async () => {
    handler = () => ({ json: { status: "success", data: ["c1", "c2"] } });
    should(await client.runtime.collections("f 1")).eql(["c1", "c2"]);
    should(server.asked[0]?.path).equal(`${RUNTIME}/flow-instances/f%201/collection-resources`);
  });

  it("lists all flow instances and steps, page by page", async () => {
    const ids = Array.from({ length: 1_100 }, (_, at) => `s${at}`);
    handler = (asked) => {
      const { offset, count } = queryOf(asked) as { offset: string; count: string };
      const data = ids.slice(Number(offset), Number(offset) + Number(count));
      const step = (id: string) => ({
        id,
        stepType: "communication",
        status: "complete",
        deliveryFileRetrievable: id === "s1",
        messageFileRetrievable: "true",
      });
      return { json: { status: "success", data: data.map(step), page: { totalElements: ids.length } } };
    };
    should(await all(client.runtime.flowInstances("j 1"))).eql(ids);
    const steps = await all(client.runtime.flowSteps("f1"));
    should(steps.length).equal(ids.length);
    should(steps[1]).eql({
      id: "s1",
      flowInstanceId: "f1",
      stepType: "communication",
      status: "complete",
      hasDeliveryFile: true,
      hasMessageFile: true,
    });
    should(steps[2]).match({ hasDeliveryFile: false });
    should(server.asked.map((asked) => [asked.path.split("?")[0], queryOf(asked)])).eql([
      ...["0", "500", "1000"].map((offset) => [`${RUNTIME}/flow-instances`, { filter: "jobId:j 1", offset, count: "500" }]),
      ...["0", "500", "1000"].map((offset) => [`${RUNTIME}/flow-steps`, { filter: "flowInstanceId:f1", offset, count: "500" }]),
    ]);
  });

  it("takes a single object for a list, and ends where a server knows no pages", async () => {
    handler = () => ({ json: { status: "success", data: { id: "only" } } });
    should(await all(client.runtime.flowInstances("j"))).eql(["only"]);
    const same = Array.from({ length: 500 }, (_, at) => ({ id: `i${at}` }));
    handler = () => ({ json: { status: "success", data: same } });
    should((await all(client.runtime.flowInstances("j"))).length).equal(500);
  });

  for (const [name, path, call] of [
    ["a delivery file", "flow-steps/s%201/delivery-file", () => client.runtime.deliveryFile("s 1")],
    ["a message file", "flow-steps/s%201/message-file", () => client.runtime.messageFile("s 1")],
    ["an artifact", "flow-steps/s%201/artifact/a%2F%C3%A4.pdf", () => client.runtime.artifact("s 1", "a/ä.pdf")],
    ["the artifacts of a customer", "flow-steps/s%201/customer-artifacts/47%2F11", () => client.runtime.customerArtifacts("s 1", "47/11")],
  ] as const) {
    it(`streams ${name}, byte by byte as it is`, async () => {
      const bytes = Buffer.from([0, 255, 254, 10, 13]);
      handler = () => ({ headers: { "Content-Type": "application/pdf" }, body: bytes });
      const { mediaType, stream } = await call();
      should(mediaType).equal("application/pdf");
      should((await buffer(stream)).equals(bytes)).be.true();
      should(server.asked[0]?.path).equal(`${RUNTIME}/${path}`);
      handler = () => ({ status: 404, json: { timestamp: 1, status: 404, message: "Not found", errorCode: 0 } });
      should(await failureOf(call())).match({ code: "not-found", status: 404 });
    });
  }

  it("tells an artifact in JSON from a failure in the disguise of one", async () => {
    const own = JSON.stringify({ status: 401, text: "x".repeat(100_000) });
    handler = () => ({ headers: { "Content-Type": "application/json; charset=utf-8" }, body: own });
    should((await buffer((await client.runtime.artifact("s", "a.json")).stream)).toString()).equal(own);
    for (const body of ["{}", "[1]", '{"status":"success","data":[]}', "no json", ""]) {
      handler = () => ({ headers: { "Content-Type": "application/json" }, body });
      should((await buffer((await client.runtime.artifact("s", "a.json")).stream)).toString()).equal(body);
    }
    handler = () => ({ json: { timestamp: 1, status: 401, message: "Unauthorized", error: "Unauthorized", errorCode: 0 } });
    should(await failureOf(client.runtime.artifact("s", "a.pdf"))).match({ code: "authentication-failed", status: 401 });
    handler = () => ({ json: { status: "error", data: [{ errorMessage: "gone", statusCode: "500", engineOutputContext: {} }] } });
    should(await failureOf(client.runtime.artifact("s", "a.pdf"))).match({ code: "refused", retryable: true });
  });

  it("takes a 401 inside a 200 for an expired token, and asks once more with a fresh one", async () => {
    const inner = { timestamp: 1, status: 401, message: "Unauthorized", error: "Unauthorized", errorCode: 0, path: "/" };
    handler = ({ headers }) => ({ json: headers.authorization === "Bearer t1" ? { status: "success", data: [{ id: "f1" }] } : inner });
    should(await all(client.runtime.flowInstances("j"))).eql(["f1"]);
    should(otds.asked.length).equal(2);
    handler = () => ({ json: inner });
    should(await failureOf(client.listJobs())).match({ code: "authentication-failed", retryable: false });
  });
});
