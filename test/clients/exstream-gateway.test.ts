import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import should from "should";
import { ExstreamGatewayClient, type GatewayOptions } from "../../dist/clients/exstream/gateway.js";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { type Answer, type Asked, failureOf, serve, TestFolder, type TestServer } from "./support.ts";

const DATA = Buffer.from('{"generate":{"customers":3,"seed":7,"variants":["pdf"],"size":4000}}');

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

describe("ExstreamGatewayClient", () => {
  const opened: { close(): unknown }[] = [];
  const track = <T extends { close(): unknown }>(each: T): T => {
    opened.push(each);
    return each;
  };
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  describe("against the sandbox", () => {
    let folder: TestFolder;
    let sandbox: RunningSandbox;
    let ahead = 0;

    beforeEach(async () => {
      ahead = 0;
      folder = new TestFolder();
      sandbox = track(await startSandbox({ port: 0, dataDir: folder.path, now: () => Date.now() + ahead }));
    });
    afterEach(() => folder.remove());

    const gateway = (options: Partial<GatewayOptions> = {}): ExstreamGatewayClient => {
      const { ticketUrl, user, password } = sandbox.description.otds;
      const credentials = { kind: "otds-ticket", credentialsUrl: ticketUrl, user, password, headerName: "OTDSTicket" } as const;
      return track(new ExstreamGatewayClient({ baseUrl: sandbox.description.exstream.gatewayUrl, credentials, ...options }));
    };
    const channels = async (...list: object[]) => {
      const reply = await fetch(`${sandbox.description.control.url}/exstream/channels`, {
        method: "PUT",
        body: JSON.stringify({ channels: list }),
      });
      should(reply.status).equal(200);
    };
    const inState = async (client: ExstreamGatewayClient, id: string, ...states: string[]) => {
      for (;;) {
        const tracker = await client.tracker(id);
        if (states.includes(tracker.state)) return tracker;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };

    it("submits, lists, gives the bytes of each document, and settles what is held", async () => {
      await channels({ name: "archive", kind: "gateway", assured: true });
      const client = gateway();
      should((await client.check()).services).be.above(0);
      const id = await client.submit({
        service: "statements",
        data: DATA,
        contentType: "application/json",
        attributes: { origin: 'a "b"' },
      });
      should(await inState(client, id, "4")).match({ service: "statements" });
      const listed = await all(client.trackers({ after: -1 }));
      should(listed).match([{ id, place: 0 }]);
      should(listed[0]?.updatedAt).be.a.Number();
      should(await all(client.trackers({ after: 0 }))).eql([]);
      const held = await all(client.documents(id, { state: "4" }));
      should(held).length(3);
      for (const { attemptId, columns, variables } of held) {
        should(columns).match({ originaltrackerid: id, connectorname: "archive" });
        should(columns).not.have.property("storedvariables");
        should(variables).have.properties("CustomerNumber", "FileName");
        const { mediaType, stream } = await client.content(`v1/documents/${encodeURIComponent(attemptId)}/content`);
        should(mediaType).equal("application/pdf");
        should((await buffer(stream)).subarray(0, 5).toString()).equal("%PDF-");
        should(await client.settle(attemptId, "5", "kept")).equal(1);
      }
      should(await client.settle("nobody", "5", "")).equal(0);
      await inState(client, id, "5");
      should(await all(client.documents(id, { state: "4" }))).eql([]);
      should((await all(client.documents(id))).map(({ state, message }) => `${state} ${message}`)).eql(Array(3).fill("5 kept"));
    });

    it("reads long lists in small pages, each row once", async () => {
      const client = gateway();
      const data = Buffer.from('{"generate":{"customers":130,"variants":["sms"]}}');
      const id = await client.submit({ service: "statements", data, contentType: "application/json" });
      await inState(client, id, "5");
      const attempts = (await all(client.documents(id))).map(({ attemptId }) => attemptId);
      should(new Set(attempts).size).equal(130);
      should(attempts.length).equal(130);
    });

    it("gets a new ticket when the old one has run out, also where the refusal hides in a 200", async () => {
      for (const hidden of [false, true]) {
        sandbox.app.switches.set("exstream.errors-as-200", hidden);
        const client = gateway();
        const submit = () => client.submit({ service: "statements", data: DATA, contentType: "application/json" });
        const id = await submit();
        for (const call of [() => client.tracker(id), submit, () => client.check()]) {
          ahead += 24 * 3600_000;
          await call();
        }
      }
    });

    it("says what is wrong: sign-in, service, tracker, address, network", async () => {
      const { ticketUrl, user } = sandbox.description.otds;
      const stranger = gateway({
        credentials: { kind: "otds-ticket", credentialsUrl: ticketUrl, user, password: "wrong", headerName: "OTDSTicket" },
      });
      should(await failureOf(stranger.check())).match({ code: "authentication-failed" });
      const client = gateway();
      const wrong = client.submit({ service: "other", data: DATA, contentType: "application/json" });
      should(await failureOf(wrong)).match({ code: "not-found", status: 404 });
      should(await failureOf(client.tracker("nobody"))).match({ code: "not-found", subject: "nobody" });
      should(await failureOf(client.content("v1/documents/nobody/content"))).match({ code: "not-found" });
      should(await failureOf(client.content("http://elsewhere.example/x"))).match({ code: "configuration" });
      should(await failureOf(gateway({ baseUrl: "http://127.0.0.1:9/t/sgw" }).check())).match({
        code: "connection-refused",
        retryable: true,
      });
    });
  });

  describe("against a server that answers as it likes", () => {
    let server: TestServer;
    let handler: (asked: Asked) => Answer;
    let client: ExstreamGatewayClient;

    beforeEach(async () => {
      server = track(await serve((asked) => handler(asked)));
      client = track(new ExstreamGatewayClient({ baseUrl: `${server.url}/t/sgw`, credentials: { kind: "none" } }));
    });

    it("sends a large request whole, in base64, with its attributes", async () => {
      const data = Buffer.alloc(5_000_001, "exstream driver data ");
      handler = () => ({ json: { status: "success", data: { id: "T1" } } });
      should(await client.submit({ service: "a b", data, contentType: "text/xml", attributes: { externalId: "x\n1" } })).equal("T1");
      const [asked] = server.asked;
      should(asked?.path).equal("/t/sgw/v1/communications?name=a%20b&version=*&async=true");
      const { content, ...attributes } = JSON.parse(asked?.body.toString() ?? "");
      should(attributes).eql({ externalId: "x\n1" });
      should(content.contentType).equal("text/xml");
      const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
      should(sha256(Buffer.from(content.data, "base64"))).equal(sha256(data));
    });

    it("tells both error shapes apart, and a refused request from one whose reply was lost", async () => {
      const submit = () => client.submit({ service: "s", data: DATA, contentType: "application/json" });
      handler = () => ({ status: 500, json: { status: 500, message: "broken", errorCode: 4711 } });
      should(await failureOf(submit())).match({
        code: "server-error",
        retryable: true,
        ambiguous: true,
        remote: { code: "4711", message: "broken" },
      });
      handler = () => ({ status: 500, json: { status: "error", data: [{ errorMessage: "no font", statusCode: "500" }] } });
      should(await failureOf(submit())).match({ code: "refused", ambiguous: false, remote: { message: "no font" } });
      handler = () => ({ json: { status: 503, message: "later" } });
      should(await failureOf(client.settle("a", "5", ""))).match({ code: "service-unavailable", retryable: true });
      handler = () => ({ json: { status: "success", data: {} } });
      should(await failureOf(submit())).match({ code: "unexpected-reply", ambiguous: true });
      handler = () => ({ body: "<html>" });
      should(await failureOf(client.check())).match({ code: "unexpected-reply" });
    });

    it("ends where a gateway knows no pages, and keeps stored variables that are no JSON", async () => {
      const row = { processingattemptid: "a", processingstate: 5, storedvariables: "A=1;B=2" };
      handler = () => ({ json: { data: [row, { processingattemptid: "" }] } });
      should(await all(client.documents("t"))).eql([
        {
          attemptId: "a",
          state: "5",
          message: undefined,
          columns: { processingattemptid: "a", processingstate: 5, storedvariables: "A=1;B=2" },
          variables: {},
        },
      ]);
    });
  });
});
