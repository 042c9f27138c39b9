import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { readDocumentumFailure } from "../../dist/clients/documentum/errors.js";
import { retryAfterMs } from "../../dist/clients/http/failures.js";
import { closeHttp, createHttp, type Http, type HttpLogLine } from "../../dist/clients/http/http.js";
import { AdaptiveLimiter } from "../../dist/clients/http/limiter.js";
import { type Answer, closedPort, failureOf, serve, serveRaw, type TestServer } from "./support.ts";

describe("http", () => {
  const opened: { close(): unknown }[] = [];
  const log: HttpLogLine[] = [];
  const open = (options: Partial<Parameters<typeof createHttp>[0]> = {}): Http => {
    const http = createHttp({ timeoutMs: 5000, log: (line) => log.push(line), ...options });
    opened.push(http);
    return http;
  };
  const start = async (handler: (index: number) => Answer | Promise<Answer>): Promise<TestServer> => {
    const server = await serve((_asked, index) => handler(index));
    opened.push(server);
    return server;
  };

  beforeEach(() => {
    log.length = 0;
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  it("gives status, headers and bytes of a success, and keeps the connection for the next request", async () => {
    const sockets = new Set<unknown>();
    const server = await start(() => ({ status: 201, headers: { "X-Kind": "test" }, body: Buffer.from([0, 255, 128]) }));
    server.server.on("connection", (socket) => sockets.add(socket));
    const http = open({ baseUrl: `${server.url}/base/` });
    for (let time = 0; time < 3; time++) {
      const reply = await http.request({ method: "POST", url: "/things?a=1", body: "hello", headers: { "Content-Type": "text/plain" } });
      should(reply.status).equal(201);
      should(reply.headers["x-kind"]).equal("test");
      should([...reply.body]).eql([0, 255, 128]);
    }
    should(sockets.size).equal(1);
    should(server.asked[0]).match({ method: "POST", path: "/base/things?a=1" });
    should(server.asked[0]?.body.toString()).equal("hello");
    should(log[0]).match({ method: "POST", path: "/base/things", status: 201 });
  });

  it("sends addresses exactly as they are, doubly encoded names included", async () => {
    const server = await start(() => ({ json: {} }));
    const path = "/dctm-rest/relation-types/ACL%2BREPLICATION/a%252Fb?signature=Ab%2B%2F%3D&x=1%20'2'";
    await open().request({ method: "GET", url: server.url + path });
    should(server.asked[0]?.path).equal(path);
  });

  const statuses: [number, string, boolean, boolean][] = [
    [302, "unexpected-reply", false, false],
    [400, "refused", false, false],
    [401, "authentication-failed", false, false],
    [403, "permission-denied", false, false],
    [404, "not-found", false, false],
    [409, "refused", false, false],
    [413, "refused", false, false],
    [429, "rate-limited", true, false],
    [500, "server-error", true, true],
    [502, "service-unavailable", true, true],
    [503, "service-unavailable", true, true],
    [504, "service-unavailable", true, true],
  ];
  for (const [status, code, retryable, ambiguous] of statuses) {
    it(`takes ${status} for ${code}, ambiguous for a POST: ${ambiguous}`, async () => {
      const server = await start(() => ({ status, json: {} }));
      const http = open();
      const post = await failureOf(http.request({ method: "POST", url: `${server.url}/x`, body: "{}" }));
      should(post).match({ code, status, retryable, ambiguous });
      const get = await failureOf(http.request({ method: "GET", url: `${server.url}/x` }));
      should(get).match({ code, status, retryable, ambiguous: false });
      should(log[0]).match({ method: "POST", status, code });
    });
  }

  it("honours Retry-After in seconds and as a date", async () => {
    const server = await start((index) => ({
      status: index === 0 ? 503 : 429,
      headers: { "Retry-After": index === 0 ? "7" : new Date(Date.now() + 120_000).toUTCString() },
    }));
    const http = open();
    should(await failureOf(http.request({ method: "GET", url: server.url }))).match({ retryAfterMs: 7000 });
    const { retryAfterMs: wait } = await failureOf(http.request({ method: "GET", url: server.url }));
    should(wait).be.within(60_000, 120_000);
    should(retryAfterMs("soon")).be.undefined();
    should(retryAfterMs("")).be.undefined();
    should(retryAfterMs("-3")).be.undefined();
    should(retryAfterMs("Wed, 21 Oct 2015 07:28:00 GMT")).equal(0);
  });

  it("names method and path, and neither query, headers nor bodies", async () => {
    const body = { status: 400, code: "E_INVALID_ATTR_NAME", message: "m", details: "customer 4711", id: "i" };
    const server = await start(() => ({ status: 400, json: body }));
    const failure = await failureOf(
      open().request({
        method: "POST",
        url: `${server.url}/path?dql=secret-query`,
        headers: { Authorization: "Bearer secret-token" },
        body: "secret-body",
        readFailure: readDocumentumFailure,
      }),
    );
    should(failure.message).containEql("POST /path ").and.containEql("E_INVALID_ATTR_NAME");
    should(JSON.stringify({ ...failure, message: failure.message })).not.match(/secret|4711/);
  });

  it("takes a refused connection for not sent, so not ambiguous", async () => {
    const failure = await failureOf(open().request({ method: "POST", url: `http://127.0.0.1:${await closedPort()}/x`, body: "{}" }));
    should(failure).match({ code: "connection-refused", retryable: true, ambiguous: false, status: undefined });
    const nowhere = await failureOf(open().request({ method: "POST", url: "http://nowhere.invalid/x", body: "{}" }));
    should(nowhere).match({ code: "connection-refused", retryable: true, ambiguous: false });
  });

  it("takes a reset after the request for ambiguous, except for a GET", async () => {
    const server = await serveRaw((request) => {
      request.resume().on("end", () => request.socket.resetAndDestroy());
    });
    opened.push(server);
    const http = open();
    should(await failureOf(http.request({ method: "POST", url: server.url, body: "{}" }))).match({
      code: "connection-lost",
      retryable: true,
      ambiguous: true,
    });
    should(await failureOf(http.request({ method: "GET", url: server.url }))).match({ code: "connection-lost", ambiguous: false });
  });

  it("takes a reply that breaks off for a lost connection", async () => {
    const server = await serveRaw((_request, response) => {
      response.writeHead(201, { "Content-Length": 1000 }).write("half", () => response.socket?.resetAndDestroy());
    });
    opened.push(server);
    const failure = await failureOf(open().request({ method: "POST", url: server.url, body: "{}" }));
    should(failure).match({ code: "connection-lost", retryable: true, ambiguous: true });
  });

  it("gives up after the time-out: ambiguous when the request was sent", async () => {
    const server = await serveRaw(() => undefined);
    opened.push(server);
    const failure = await failureOf(open({ timeoutMs: 50 }).request({ method: "POST", url: server.url, body: "{}" }));
    should(failure).match({ code: "timeout", retryable: true, ambiguous: true });
  });

  it("gives up a TLS handshake that never ends, and is sure that nothing was sent", async () => {
    const silent = net.createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const sockets: net.Socket[] = [];
    silent.on("connection", (socket) => sockets.push(socket));
    const { port } = silent.address() as net.AddressInfo;
    const failure = await failureOf(open({ timeoutMs: 60 }).request({ method: "POST", url: `https://127.0.0.1:${port}/x`, body: "{}" }));
    for (const socket of sockets) socket.destroy();
    silent.close();
    should(failure).match({ code: "timeout", retryable: true, ambiguous: false });
  });

  it("takes TLS spoken to a plain server for a matter of configuration", async () => {
    const server = await start(() => ({ json: {} }));
    const failure = await failureOf(open().request({ method: "POST", url: server.url.replace("http:", "https:"), body: "{}" }));
    should(failure).match({ code: "tls-failed", retryable: false, ambiguous: false });
  });

  it("ends as aborted when the caller gives up: ambiguous only when a POST was sent", async () => {
    const server = await serveRaw((request) => {
      request.resume().on("end", () => stop.abort());
    });
    opened.push(server);
    let stop = new AbortController();
    const http = open();
    should(await failureOf(http.request({ method: "POST", url: server.url, body: "{}", signal: stop.signal }))).match({
      code: "aborted",
      ambiguous: true,
    });
    stop = new AbortController();
    should(await failureOf(http.request({ method: "GET", url: server.url, signal: stop.signal }))).match({
      code: "aborted",
      ambiguous: false,
    });
    should(await failureOf(http.request({ method: "POST", url: server.url, body: "{}", signal: AbortSignal.abort() }))).match({
      code: "aborted",
      ambiguous: false,
    });
  });

  it("ends everything under way when it is closed", async () => {
    const server = await serveRaw((request) => {
      request.resume().on("end", () => closeHttp(http));
    });
    opened.push(server);
    const http = open();
    should(await failureOf(http.request({ method: "POST", url: server.url, body: "{}" }))).match({ code: "aborted" });
    should(await failureOf(http.request({ method: "GET", url: server.url }))).match({ code: "aborted" });
  });

  it("bounds the reply it takes", async () => {
    const server = await start(() => ({ body: Buffer.alloc(5000) }));
    const failure = await failureOf(open().request({ method: "GET", url: server.url, maxBytes: 1000 }));
    should(failure).match({ code: "unexpected-reply", retryable: false });
  });

  it("refuses addresses that are not http", async () => {
    for (const url of ["/relative", "ftp://host/x", "nonsense"]) {
      should(await failureOf(Promise.resolve().then(() => open().request({ method: "GET", url })))).match({ code: "configuration" });
    }
  });

  it("waits for its limiter, which learns from refusals", async () => {
    let most = 0;
    let now = 0;
    const server = await start(async (index) => {
      most = Math.max(most, ++now);
      await sleep(5);
      now--;
      return index === 0 ? { status: 429, headers: { "Retry-After": "0" } } : { json: {} };
    });
    const limiter = new AdaptiveLimiter({ maxConcurrent: 4 });
    const http = open({ limiter });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => http.request({ method: "GET", url: server.url })));
    should(results.filter(({ status }) => status === "rejected").length).equal(1);
    should(most).equal(4);
    should(limiter.inFlight).equal(0);
  });
});
