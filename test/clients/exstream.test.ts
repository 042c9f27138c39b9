import { buffer, text } from "node:stream/consumers";
import should from "should";
import { ExstreamClient, type ExstreamOptions } from "../../dist/clients/exstream/exstream.js";
import { type Answer, type Asked, failureOf, serve, type TestServer } from "./support.ts";

const JOB = "6f1c1b5e-0000-4000-8000-000000000001";

describe("ExstreamClient", () => {
  const opened: { close(): unknown }[] = [];
  let server: TestServer;
  let handler: (asked: Asked) => Answer;

  const connect = (options: Partial<ExstreamOptions> = {}): ExstreamClient => {
    const client = new ExstreamClient({ baseUrl: server.url, domain: "acme prod", credentials: { kind: "none" }, ...options });
    opened.push(client);
    return client;
  };

  beforeEach(async () => {
    server = await serve((asked) => handler(asked));
    opened.push(server);
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  describe("batch", () => {
    for (const [name, status, data] of [
      ["an array", 201, [{ jobId: JOB, id: "flow-1" }]],
      ["an object", 200, { jobId: JOB, id: "flow-1" }],
    ] as const) {
      it(`starts a job, answered with ${name} and ${status}`, async () => {
        handler = () => ({ status, json: { status: "success", data } });
        const submitted = await connect().submitBatch("Letters 1", '{"file":"/mnt/x"}', { externalId: "run-7" });
        should(submitted).eql({ jobId: JOB, flowInstanceId: "flow-1" });
        should(server.asked[0]).match({ method: "POST", path: "/orchestration/api/v1/inputs/batch/acme%20prod/Letters%201" });
        should(server.asked[0]?.headers).match({ "content-type": "application/json", externalid: "run-7" });
        should(server.asked[0]?.body.toString()).equal('{"file":"/mnt/x"}');
      });
    }

    it("uses the configured prefix and header, and sends XML as it is", async () => {
      handler = () => ({ status: 201, json: { data: [{ jobId: JOB }] } });
      const client = connect({ orchestrationPrefix: "", externalIdHeader: "X-Run" });
      await client.submitBatch("S", Buffer.from("<a/>"), { contentType: "application/xml", externalId: "r" });
      should(server.asked[0]).match({ path: "/api/v1/inputs/batch/acme%20prod/S" });
      should(server.asked[0]?.headers).match({ "content-type": "application/xml", "x-run": "r" });
    });

    it("says so when an id cannot go into a header", async () => {
      handler = () => ({ status: 201, json: { data: [{ jobId: JOB }] } });
      const client = connect();
      for (const externalId of ["a\nb", "Zażółć"]) {
        should(await failureOf(client.submitBatch("S", "{}", { externalId }))).match({
          code: "invalid-message",
          retryable: false,
          ambiguous: false,
        });
        const request = { body: "{}", communicationId: externalId };
        should(await failureOf(client.generate(request))).match({ code: "invalid-message", retryable: false, ambiguous: false });
      }
      should(server.asked.length).equal(0);
    });

    it("is ambiguous when the reply names no job", async () => {
      handler = () => ({ status: 201, json: { status: "success", data: [] } });
      should(await failureOf(connect().submitBatch("S", "{}"))).match({ code: "unexpected-reply", ambiguous: true });
    });
  });

  describe("jobs", () => {
    const job = { id: JOB, domainId: "acme", channel: "Letters", mode: "BATCH", status: "complete", msg: "", externalId: "run-7" };

    for (const [name, data] of [
      ["epoch dates in an object", { ...job, startDate: 1735689600000, endDate: 1735689660000, simulation: false }],
      ["ISO dates in an array", [{ ...job, startDate: "2025-01-01T00:00:00Z", endDate: "2025-01-01T01:01:00.000+01:00" }]],
    ] as const) {
      it(`reads a job with ${name}`, async () => {
        handler = () => ({ json: { status: "success", data } });
        should(await connect().getJob(JOB)).match({
          id: JOB,
          status: "complete",
          mode: "BATCH",
          channel: "Letters",
          externalId: "run-7",
          message: undefined,
          startDate: "2025-01-01T00:00:00.000Z",
          endDate: "2025-01-01T00:01:00.000Z",
          expirationDate: undefined,
        });
        should(server.asked[0]?.path).equal(`/orchestration/api/v1/runtime/acme%20prod/jobs/${JOB}`);
      });
    }

    it("lists jobs by a filter", async () => {
      handler = () => ({
        json: {
          status: "success",
          data: [job, { ...job, id: "2" }],
          page: { pageSize: 2, pageOffset: 4, totalElements: 9, totalPages: 5 },
        },
      });
      const page = await connect().listJobs({
        filter: { mode: "BATCH", statuses: ["complete", "error"] },
        offset: 4,
        count: 2,
        sort: "desc_endDate",
      });
      should(page.jobs.map(({ id }) => id)).eql([JOB, "2"]);
      should(page).match({ totalElements: 9, pageOffset: 4 });
      const query = new URL(server.asked[0]?.path ?? "", server.url).searchParams;
      should(Object.fromEntries(query)).eql({
        filter: "mode:BATCH;statuses:complete,error",
        offset: "4",
        count: "2",
        sort: "desc_endDate",
      });
    });

    it("asks for all jobs without a query", async () => {
      handler = () => ({ json: { status: "success", data: [] } });
      should((await connect().listJobs()).jobs).eql([]);
      should(server.asked[0]?.path).equal("/orchestration/api/v1/runtime/acme%20prod/jobs");
    });

    it("says when there is no such job, with the service's own words", async () => {
      handler = () => ({
        status: 404,
        json: { timestamp: 1, status: 404, message: "Not found", error: "Not Found", details: "d", errorCode: 300001, path: "/x" },
      });
      should(await failureOf(connect().getJob(JOB))).match({
        code: "not-found",
        status: 404,
        remote: { code: "300001", message: "Not found: d" },
      });
    });
  });

  describe("commands on jobs", () => {
    const runtime = "/orchestration/api/v1/runtime/acme%20prod";

    for (const [what, call, path] of [
      ["stops", (client: ExstreamClient) => client.runtime.stopJob("j 1"), "/jobs/j%201/stop"],
      [
        "runs again, as it ran,",
        (client: ExstreamClient) => client.runtime.reprocessJob("j", { currentFlow: false }),
        "/jobs/j/reprocessing?useCurrentFlowModel=false&useCurrentFlowContext=false",
      ],
      [
        "runs again, by the current flow,",
        (client: ExstreamClient) => client.runtime.reprocessJob("j", { currentFlow: true }),
        "/jobs/j/reprocessing?useCurrentFlowModel=true&useCurrentFlowContext=true",
      ],
    ] as const) {
      for (const body of ['"success"', "", "done", "{}"]) {
        it(`${what} a job, whatever string the reply is: ${body || "none"}`, async () => {
          handler = () => ({ body });
          await call(connect());
          should(server.asked[0]).match({ method: "POST", path: `${runtime}${path}` });
        });
      }
    }

    it("tells a failure inside a 200", async () => {
      handler = () => ({ json: { timestamp: 1, status: 409, message: "m", error: "e", details: "d", errorCode: 0, path: "/" } });
      should(await failureOf(connect().runtime.stopJob("j"))).match({ code: "refused", status: 409, remote: { message: "m: d" } });
    });

    it("releases the flow instances of a job that are held, and no others", async () => {
      handler = ({ method }) =>
        method === "GET"
          ? {
              json: {
                status: "success",
                data: [
                  { id: "a", status: "holding" },
                  { id: "b", status: "started" },
                  { id: "c", status: "holding" },
                ],
              },
            }
          : { body: '"success"' };
      should(await connect().runtime.releaseJob("j")).equal(2);
      should(server.asked.map(({ method, path }) => `${method} ${path.split("?")[0]}`)).eql([
        `GET ${runtime}/flow-instances`,
        `POST ${runtime}/flow-instances/a/release`,
        `POST ${runtime}/flow-instances/c/release`,
      ]);
      should(new URL(server.asked[0]?.path ?? "", server.url).searchParams.get("filter")).equal("jobId:j;statuses:holding");
      handler = () => ({ json: { status: "success", data: [] } });
      should(await failureOf(connect().runtime.releaseJob("j"))).match({ code: "refused", subject: "j" });
    });
  });

  it("fulfils edited documents, and gives the outputs as they arrive", async () => {
    handler = () => ({ headers: { "Content-Type": "application/pdf" }, body: "%PDF" });
    const request = { communicationId: "c1", driverDataSource: "d", documents: ["e1", "e2"], preserveDocuments: false };
    const reply = await connect().fulfil({ ...request, accept: "application/pdf" });
    should(reply).match({ kind: "bytes", mediaType: "application/pdf" });
    should(await text(reply.stream)).equal("%PDF");
    should(server.asked[0]).match({ method: "POST", path: "/orchestration/api/v1/inputs/fulfillment/ondemand/acme%20prod/fulfill" });
    should(server.asked[0]?.headers).match({
      accept: "application/pdf",
      communicationid: "c1",
      driverdatasource: "d",
      preservedocuments: "false",
      "content-type": "application/json",
    });
    should(server.asked[0]?.body.toString()).equal('{"documents":["e1","e2"]}');
  });

  describe("on demand", () => {
    const pdf = Buffer.from([37, 80, 68, 70, 0, 255, 254]);
    const element = {
      content: pdf.toString("base64"),
      mimeType: "application/pdf",
      engineOutputContext: { queueName: "Archive", fileName: "letter_4711", customerNumber: "4711" },
    };

    it("gives an envelope as it arrives", async () => {
      handler = () => ({ json: { status: "success", data: [element] } });
      const request = { communicationId: "c1", driverDataSource: "dsn1", body: '{"a":1}', empowerUser: "u", externalId: "run-7" };
      const reply = await connect().generate(request);
      should(reply).match({ kind: "json", status: 200 });
      should(JSON.parse(await text(reply.stream))).eql({ status: "success", data: [element] });
      should(server.asked[0]).match({ method: "POST", path: "/orchestration/api/v1/inputs/ondemand/acme%20prod/generate" });
      should(server.asked[0]?.headers).match({
        communicationid: "c1",
        driverdatasource: "dsn1",
        empoweruser: "u",
        externalid: "run-7",
        "content-type": "application/json",
      });
      should(server.asked[0]?.body.toString()).equal('{"a":1}');
    });

    it("gives bare bytes as a stream when asked for their type", async () => {
      handler = () => ({ headers: { "Content-Type": "application/pdf" }, body: pdf });
      const generated = await connect().generate({
        service: "Own",
        body: "<a/>",
        contentType: "application/xml",
        accept: "application/pdf",
      });
      if (generated.kind !== "bytes") throw new Error(generated.kind);
      should((await buffer(generated.stream)).equals(pdf)).be.true();
      should(server.asked[0]?.headers).match({ accept: "application/pdf", "content-type": "application/xml" });
      should(server.asked[0]?.path).endWith("/Own");
    });

    const shape2 = (statusCode: string) => ({
      status: "error",
      data: [{ errorMessage: "failed", statusCode, engineOutputContext: { queueName: "q" } }],
    });
    for (const [http, inner, code, retryable] of [
      [401, "401", "permission-denied", false],
      [500, "500", "refused", true],
      [400, "422", "refused", false],
    ] as const) {
      it(`takes an output's ${inner} in a ${http} for ${code}, without asking for a token again`, async () => {
        const otds = await serve((_asked, index) => ({ json: { access_token: `t${index}`, expires_in: 900 } }));
        opened.push(otds);
        handler = () => ({ status: http, json: shape2(inner) });
        const credentials = {
          kind: "oauth2",
          tokenUrl: `${otds.url}/otdsws/oauth2/token`,
          grant: "client_credentials",
          clientId: "Exstream",
          clientSecret: "s",
          bodyFormat: "form",
          clientAuth: "body",
        } as const;
        const failure = await failureOf(connect({ credentials }).generate({ body: "{}" }));
        should(failure).match({ code, retryable, ambiguous: false, status: http, remote: { code: inner, message: "failed" } });
        should(otds.asked.length).equal(1);
        should(server.asked.length).equal(1);
      });
    }

    it("takes the generic 401 for an expired token and tries once more", async () => {
      const otds = await serve((_asked, index) => ({ json: { access_token: `t${index}`, expires_in: "900" } }));
      opened.push(otds);
      handler = ({ headers }) =>
        headers.authorization === "Bearer t1"
          ? { json: { status: "success", data: [element] } }
          : { status: 401, json: { timestamp: 1, status: 401, message: "Unauthorized", error: "Unauthorized", errorCode: 1, path: "/" } };
      const credentials = {
        kind: "oauth2",
        tokenUrl: otds.url,
        grant: "client_credentials",
        clientId: "c",
        clientSecret: "s",
        bodyFormat: "json",
        clientAuth: "body",
      } as const;
      should((await connect({ credentials }).generate({ body: "{}" })).kind).equal("json");
      should(otds.asked.length).equal(2);
      should(server.asked[1]?.body.toString()).equal("{}");
    });

    for (const [inner, code, retryable] of [
      [401, "authentication-failed", false],
      [503, "service-unavailable", true],
      [422, "refused", false],
    ] as const) {
      it(`takes a ${inner} inside a 200 for ${code}`, async () => {
        handler = () => ({ json: { timestamp: 1, status: inner, message: "m", error: "e", details: "d", errorCode: 300001, path: "/" } });
        for (const call of [connect().getJob(JOB), connect().submitBatch("S", "{}")]) {
          should(await failureOf(call)).match({ code, retryable, status: inner, remote: { code: "300001", message: "m: d" } });
        }
      });
    }

    it("tells a failed output inside a 200 of a batch submit", async () => {
      handler = () => ({ json: shape2("401") });
      should(await failureOf(connect().submitBatch("S", "{}"))).match({ code: "permission-denied", ambiguous: false, status: 200 });
    });

    it("keeps its peace with a 400 in neither shape", async () => {
      handler = () => ({ status: 400, body: "bad header" });
      should(await failureOf(connect().generate({ body: "{}" }))).match({ code: "refused", status: 400, retryable: false });
    });
  });

  it("proves address and account", async () => {
    handler = ({ path }) => ({
      json: path.endsWith("/version") ? { versionString: "24.4.0", major: 24 } : { status: "success", data: [] },
    });
    should(await connect().check()).eql({ version: "24.4.0" });
  });
});
