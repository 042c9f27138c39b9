import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import should from "should";
import { downloadHash } from "../../dist/clients/http/download.js";
import { createHttp, type Http } from "../../dist/clients/http/http.js";
import { isProxied, type ProxySettings } from "../../dist/clients/http/proxy.js";
import { uploadFile } from "../../dist/clients/http/upload.js";
import { selfSigned } from "./certificate.ts";
import { closedPort, failureOf, sha256, TestFolder } from "./support.ts";

describe("TLS and proxies", () => {
  const { key, cert } = selfSigned();
  const opened: { close(): unknown }[] = [];
  let folder: TestFolder;
  /** What the proxy was asked, and with which credentials. */
  let proxied: string[];

  const listen = async (server: net.Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const sockets = new Set<net.Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    opened.push({
      close: () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    });
    return (server.address() as net.AddressInfo).port;
  };
  /** Answers with the hash of what it got. */
  const answer: http.RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end(sha256(Buffer.concat(chunks)));
  };
  const forwardProxy = (tls: boolean): net.Server => {
    const proxy = tls ? https.createServer({ key, cert }) : http.createServer();
    proxy.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      proxied.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers["proxy-authorization"] ?? "-"}`);
      const { "proxy-authorization": _credentials, ...headers } = request.headers;
      const onward = http.request(request.url ?? "", { method: request.method, headers }, (reply) => {
        response.writeHead(reply.statusCode ?? 0, reply.headers);
        reply.pipe(response);
      });
      request.pipe(onward);
    });
    proxy.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
      proxied.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
      if (request.headers["proxy-authorization"] === undefined) {
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        return;
      }
      const [host, port] = (request.url ?? "").split(":");
      const onward = net.connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => socket.destroy());
      socket.on("error", () => onward.destroy());
    });
    return proxy;
  };
  const connect = (options: { proxy?: ProxySettings; tls?: https.AgentOptions }): Http => {
    const connection = createHttp({ timeoutMs: 5000, ...options });
    opened.push(connection);
    return connection;
  };
  /** A conversation, a small and a large upload and a download, all of which must go the same way. */
  const exerciseAll = async (connection: Http, url: string): Promise<void> => {
    const reply = await connection.request({
      method: "POST",
      url: `${url}/a%252Fb?x=1`,
      body: "hello",
      headers: { "Content-Type": "text/plain" },
    });
    should(reply.body.toString()).equal(sha256(Buffer.from("hello")));
    for (const size of [5000, 3_000_000]) {
      const file = folder.file(size);
      should((await uploadFile(connection, { url: `${url}/up`, headers: {}, file })).body).equal(file.sha256);
    }
    should((await downloadHash(connection, { url: `${url}/down`, headers: {} })).bytes).equal(64);
  };
  const PASSWORD = `Basic ${Buffer.from("u:p").toString("base64")}`;

  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());
  beforeEach(() => {
    proxied = [];
  });
  afterEach(() => {
    for (const each of opened.splice(0).reverse()) each.close();
  });

  it("speaks TLS with the configured authority, and not without", async () => {
    const port = await listen(https.createServer({ key, cert }, answer));
    await exerciseAll(connect({ tls: { ca: cert } }), `https://127.0.0.1:${port}`);
    const call = { url: `https://127.0.0.1:${port}/x`, headers: {}, file: folder.file(10) };
    for (const attempt of [
      () => connect({}).request({ method: "POST", url: call.url, body: "{}" }),
      () => uploadFile(connect({}), call),
      () => downloadHash(connect({}), call),
    ]) {
      should(await failureOf(attempt())).match({ code: "tls-failed", retryable: false, ambiguous: false });
    }
  });

  for (const tls of [false, true]) {
    it(`asks a proxy${tls ? " that speaks TLS" : ""} for the whole address of a plain target`, async () => {
      const target = await listen(http.createServer(answer));
      const gate = await listen(forwardProxy(tls));
      const proxy = { url: `${tls ? "https" : "http"}://localhost:${gate}`, username: "u", password: "p" };
      const connection = connect({ proxy, tls: { ca: cert } });
      await exerciseAll(connection, `http://127.0.0.1:${target}`);
      const host = `127.0.0.1:${target}`;
      should(proxied).eql([
        `POST http://${host}/a%252Fb?x=1 ${host} ${PASSWORD}`,
        `POST http://${host}/up ${host} ${PASSWORD}`,
        `POST http://${host}/up ${host} ${PASSWORD}`,
        `GET http://${host}/down ${host} ${PASSWORD}`,
      ]);
    });
  }

  for (const tls of [false, true]) {
    it(`tunnels${tls ? " by TLS" : ""} to a TLS target, and keeps the tunnel`, async () => {
      const target = await listen(https.createServer({ key, cert }, answer));
      const gate = await listen(forwardProxy(tls));
      const proxy = { url: `${tls ? "https" : "http"}://127.0.0.1:${gate}`, username: "u", password: "p" };
      await exerciseAll(connect({ proxy, tls: { ca: cert } }), `https://127.0.0.1:${target}`);
      should(proxied).eql([`CONNECT 127.0.0.1:${target} ${PASSWORD}`]);
    });
  }

  it("checks the target's certificate inside the tunnel", async () => {
    const target = await listen(https.createServer({ key, cert }, answer));
    const gate = await listen(forwardProxy(false));
    const proxy = { url: `http://127.0.0.1:${gate}`, username: "u", password: "p" };
    const refused = await failureOf(connect({ proxy }).request({ method: "POST", url: `https://127.0.0.1:${target}/`, body: "{}" }));
    should(refused).match({ code: "tls-failed", ambiguous: false });
  });

  it("knows that nothing was sent when the proxy refuses or is not there", async () => {
    const target = await listen(https.createServer({ key, cert }, answer));
    const gate = await listen(forwardProxy(false));
    for (const url of [`http://127.0.0.1:${gate}`, `http://127.0.0.1:${await closedPort()}`]) {
      const call = { url: `https://127.0.0.1:${target}/`, headers: {}, file: folder.file(10) };
      const refused = await failureOf(uploadFile(connect({ proxy: { url } }), call));
      should(refused).match({ code: "connection-refused", retryable: true, ambiguous: false });
    }
  });

  it("reaches the hosts named in noProxy directly", async () => {
    const target = await listen(http.createServer(answer));
    const proxy = { url: `http://127.0.0.1:${await closedPort()}`, noProxy: ["127.0.0.1"] };
    await exerciseAll(connect({ proxy }), `http://127.0.0.1:${target}`);
    const rules = { url: "http://p", noProxy: ["localhost", ".acme.example", "plain.example", "db:8443"] };
    should(["localhost", "a.acme.example", "plain.example", "x.plain.example"].map((host) => isProxied(host, "443", rules))).eql([
      false,
      false,
      false,
      false,
    ]);
    should(["acme.example.org", "otherplain.example", "db"].map((host) => isProxied(host, "443", rules))).eql([true, true, true]);
    should(isProxied("db", "8443", rules)).be.false();
    should(isProxied("any", "1", { url: "http://p", noProxy: ["*"] })).be.false();
  });
});
