import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import should from "should";
import { downloadHash, downloadStream } from "../../dist/clients/http/download.js";
import { createHttp, type Http } from "../../dist/clients/http/http.js";
import { AdaptiveLimiter } from "../../dist/clients/http/limiter.js";
import { closedPort, failureOf, serve, serveRaw, TestFolder } from "./support.ts";

describe("download", () => {
  const opened: { close(): unknown }[] = [];
  let folder: TestFolder;
  let http: Http;
  const track = <T extends { close(): unknown }>(each: T): T => {
    opened.push(each);
    return each;
  };

  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());
  beforeEach(() => {
    http = track(createHttp({ timeoutMs: 5000, limiter: new AdaptiveLimiter({ maxConcurrent: 4 }) }));
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  it("hashes without storing, and asks for unchanged bytes", async () => {
    const file = folder.file(3_000_000);
    const server = track(await serve(() => ({ headers: { "Content-Type": "application/pdf" }, body: file.bytes })));
    const digest = await downloadHash(http, { url: `${server.url}/a?b=1`, headers: { "X-A": "1" }, md5: true });
    should(digest).eql({ bytes: 3_000_000, sha256: file.sha256, md5: file.md5, mediaType: "application/pdf" });
    should(server.asked[0]).match({ method: "GET", path: "/a?b=1", headers: { "accept-encoding": "identity", "x-a": "1" } });
    should(await downloadHash(http, { url: server.url, headers: {} })).have.property("md5", undefined);
  });

  it("gives a stream of the bytes", async () => {
    const file = folder.file(2_500_000);
    const server = track(await serve(() => ({ headers: { "Content-Type": "image/png" }, body: file.bytes })));
    const reply = await downloadStream(http, { url: server.url, headers: {} });
    should(reply.headers["content-type"]).equal("image/png");
    should((await buffer(reply.stream)).equals(file.bytes)).be.true();
  });

  it("frees the connection when the stream is destroyed unread", async () => {
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const server = track(
      await serveRaw((_request, response) => {
        response.on("close", closed);
        response.writeHead(200).write("first");
      }),
    );
    const { stream } = await downloadStream(http, { url: server.url, headers: {} });
    stream.destroy();
    await gone;
  });

  it("reports statuses as http.ts does, with the service's own error", async () => {
    const server = track(await serve(() => ({ status: 503, headers: { "Retry-After": "3" }, json: { code: "E_X" } })));
    const call = { url: server.url, headers: {}, readFailure: (body: unknown) => body as { code: string } };
    should(await failureOf(downloadHash(http, call))).match({
      code: "service-unavailable",
      status: 503,
      retryAfterMs: 3000,
      ambiguous: false,
      remote: { code: "E_X" },
    });
  });

  it("takes bytes that break off for no document", async () => {
    const server = track(
      await serveRaw((_request, response) => {
        response.writeHead(200, { "Content-Length": 1000 }).write("half", () => response.socket?.resetAndDestroy());
      }),
    );
    should(await failureOf(downloadHash(http, { url: server.url, headers: {} }))).match({
      code: "connection-lost",
      retryable: true,
      ambiguous: false,
    });
    const { stream } = await downloadStream(http, { url: server.url, headers: {} });
    should(await failureOf(buffer(stream))).match({ code: "connection-lost", retryable: true });
  });

  it("gives up silence, refused connections and the caller's withdrawal", async () => {
    const silent = track(await serveRaw((_request, response) => void response.writeHead(200, { "Content-Length": 10 }).write("1")));
    should(await failureOf(downloadHash(http, { url: silent.url, headers: {}, idleTimeoutMs: 80 }))).match({
      code: "timeout",
      ambiguous: false,
    });
    should(await failureOf(downloadHash(http, { url: `http://127.0.0.1:${await closedPort()}`, headers: {} }))).match({
      code: "connection-refused",
    });
    const stop = new AbortController();
    const { stream } = await downloadStream(http, { url: silent.url, headers: {}, signal: stop.signal });
    stop.abort();
    should(await failureOf(buffer(stream))).match({ code: "aborted", ambiguous: false });
  });

  it("takes a reply that was given up before anybody read it for no empty document", async () => {
    const server = track(await serve(() => ({ body: "whole already" })));
    const stop = new AbortController();
    const { stream } = await downloadStream(http, { url: server.url, headers: {}, signal: stop.signal });
    stop.abort();
    // By now the reply is closed, and nobody who reads it would hear of an error.
    await new Promise(setImmediate);
    should(await failureOf(buffer(stream))).match({ code: "aborted" });
  });

  it("refuses bytes that were encoded on the way although that was not asked for", async () => {
    const server = track(await serve(() => ({ headers: { "Content-Encoding": "gzip" }, body: gzipSync("x") })));
    should(await failureOf(downloadHash(http, { url: server.url, headers: {} }))).match({ code: "unexpected-reply" });
  });
});
