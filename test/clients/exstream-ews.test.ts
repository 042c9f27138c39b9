import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import should from "should";
import { EwsClient } from "../../dist/clients/exstream/ews.js";
import type { EwsRequest } from "../../dist/clients/exstream/ews-envelope.js";
import { DocbridgeError } from "../../dist/core/errors.js";
import { readEwsReply } from "../../dist/core/intake/ews/reply.js";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { type Answer, failureOf, serve, serveRaw, type TestServer } from "./support.ts";

const customers = [{ number: "9", name: "Größe & Co", account: "DE-0815", period: "2026-01" }];
const driver = (values = {}) => Buffer.from(JSON.stringify({ customers, ...values }));
const request = (values: Partial<EwsRequest> = {}): EwsRequest => ({
  driver: driver(),
  driverFile: "FILEINPUT",
  includeHeader: true,
  includeMessageFile: true,
  ...values,
});
const context = { channel: "compose" as const, origin: "reply" };
describe("EwsClient", () => {
  describe("against the sandbox", () => {
    let sandbox: RunningSandbox;
    let dataDir: string;
    const clients: EwsClient[] = [];
    const client = (values = {}) => {
      clients.push(new EwsClient({ address: sandbox.description.exstream.engineUrl, credentials: { kind: "none" }, ...values }));
      return clients.at(-1) as EwsClient;
    };
    const compose = async (values: Partial<EwsRequest> = {}, ews = client()) => {
      const { kind, stream } = await ews.compose(request(values));
      should(kind).equal("soap");
      return readEwsReply(stream, context, buffer);
    };

    before(async () => {
      dataDir = mkdtempSync(join(tmpdir(), "docbridge-ews-"));
      sandbox = await startSandbox({ port: 0, dataDir });
    });
    after(async () => {
      for (const each of clients) each.close();
      await sandbox.close();
      rmSync(dataDir, { recursive: true, force: true });
    });

    it("finds the service's description", async () => {
      await client().check();
      should(await failureOf(client({ address: `${sandbox.description.origin}/sandbox` }).check())).match({
        code: /not-found|unexpected-reply/,
      });
    });

    it("composes a driver held in memory, and one that is read while it is sent", async () => {
      const engineOptions = [{ name: "RUNMODE", value: "PRODUCTION" }];
      const held = await compose({ pubFile: "a&b.pub", outputFile: "x", driverEncoding: "UTF-8", engineOptions });
      should(held.documents.map(({ facts }) => [facts.variantRole, facts.metadata.pageCount])).eql([["pdf", 1]]);
      const large = driver({ note: "ö".repeat(1_200_000) });
      const streamed = { size: large.length, open: async () => Readable.from([large.subarray(0, 5), large.subarray(5)]) };
      for (const each of [streamed, { open: streamed.open }, large]) {
        const { documents, statusMessage, messages } = await compose({ driver: each });
        should(documents.length).equal(1);
        should(statusMessage).equal("Engine ended successfully");
        should(messages.failures).eql([]);
      }
    });

    it("asks for the files it wants", async () => {
      const both = driver({ job: { variants: ["pdf", "html"] } });
      should((await compose({ driver: both })).documents.length).equal(2);
      const { documents } = await compose({ driver: both, fileReturnRegEx: ".*\\.html", includeHeader: false });
      should(documents.map(({ facts }) => facts.fileName)).eql(["statement-000001-DE_0815.html"]);
      should(documents[0]).not.have.property("returnCode");
    });

    it("gives what was composed and the codes of what was not", async () => {
      const failing = driver({ job: { fail: { customers: ["9"] } }, customers: [...customers, { ...customers[0], number: "10" }] });
      const { documents, messages, statusMessage } = await compose({ driver: failing });
      should(documents.length).equal(1);
      should(messages.failures).eql([{ code: "EX002001E", count: 1 }]);
      should(statusMessage).equal("Engine ended with 1 errors");
    });

    it("gets a fault of the service as its error", async () => {
      should(await failureOf(compose({ driver: Buffer.from("{}") }))).match({ code: "refused", remote: { code: "Client" } });
      should(await failureOf(compose({ fileReturnRegEx: "(" }))).match({ code: "refused" });
    });

    it("signs in by a UsernameToken", async () => {
      const { user, password } = sandbox.description.otds;
      sandbox.app.switches.set("exstream.ews-security", true);
      try {
        should(await failureOf(compose())).match({ code: "refused" });
        should(await failureOf(compose({}, client({ usernameToken: { user, password: "<wrong>" } })))).match({ code: "refused" });
        should((await compose({}, client({ usernameToken: { user, password } }))).documents.length).equal(1);
      } finally {
        sandbox.app.switches.set("exstream.ews-security", false);
      }
    });
  });

  describe("on the wire", () => {
    let server: TestServer | undefined;
    let client: EwsClient | undefined;
    const connect = (url: string, values = {}) => {
      client = new EwsClient({ address: `${url}/EngineService/EngineService`, credentials: { kind: "none" }, ...values });
      return client;
    };
    const answering = async (answer: Answer, values = {}) => {
      server = await serve(() => answer);
      return connect(server.url, values);
    };
    afterEach(async () => {
      client?.close();
      await server?.close();
    });
    const xml = { "Content-Type": "text/xml" };

    it("sends SOAP 1.1 with its length, values escaped, and HTTP Basic where the connection has it", async () => {
      const ews = await answering({ headers: xml, body: "<a/>" }, { credentials: { kind: "basic", user: "u", password: "p" } });
      const { stream } = await ews.compose(request({ driverFile: "A<&\n", engineOptions: [{ name: "FILEMAP", value: 'R,"/x"' }] }));
      should(await text(stream)).equal("<a/>");
      const asked = server?.asked[0];
      should(asked).match({ method: "POST", path: "/EngineService/EngineService" });
      should(asked?.headers).match({
        soapaction: '""',
        "content-type": "text/xml; charset=utf-8",
        "content-length": String(asked?.body.length),
        authorization: `Basic ${Buffer.from("u:p").toString("base64")}`,
      });
      const body = asked?.body.toString() ?? "";
      should(body).match(/<driver><driver>([A-Za-z0-9+/=]+)<\/driver><fileName>A&#60;&#38;&#10;<\/fileName><\/driver>/);
      should(Buffer.from(/<driver><driver>([^<]+)/.exec(body)?.[1] ?? "", "base64").equals(driver())).be.true();
      should(body).match(/<engineOptions><name>FILEMAP<\/name><value>R,&#34;\/x&#34;<\/value><\/engineOptions><includeHeader>true/);
    });

    for (const [what, answer, error] of [
      ["401", { status: 401 }, { code: "authentication-failed", status: 401 }],
      ["an error page with 500", { status: 500, headers: { "Content-Type": "text/html" }, body: "<h1>no</h1>" }, { code: "server-error" }],
      ["503", { status: 503, headers: { "Retry-After": "7" } }, { code: "service-unavailable", retryAfterMs: 7000 }],
      ["attachments", { headers: { "Content-Type": 'multipart/related; type="text/xml"' } }, { code: "unexpected-reply", message: /MTOM/ }],
      ["a web page", { headers: { "Content-Type": "text/html" }, body: "<p>" }, { code: "unexpected-reply" }],
    ] as const) {
      it(`has a typed error for ${what}`, async () => {
        const ews = await answering(answer);
        should(await failureOf(ews.compose(request()))).match(error);
      });
    }

    it("hands out a fault with 500, and a reply that breaks off, to be read", async () => {
      server = await serveRaw((_request, response) => {
        response.writeHead(500, { ...xml, "Content-Length": 100 }).write("<begin>");
        setTimeout(() => response.destroy(), 20);
      });
      const { stream, status } = await connect(server.url).compose(request());
      should(status).equal(500);
      should(await failureOf(text(stream))).match({ code: "connection-lost", ambiguous: true });
    });

    it("gives up what it sends when its driver cannot be read, and throws why", async () => {
      const ews = await answering({ headers: xml, body: "<a/>" });
      const missing = new DocbridgeError("content-missing", { message: "gone" });
      const open = async () => {
        throw missing;
      };
      should(await failureOf(ews.compose(request({ driver: { size: 3, open } })))).equal(missing);
    });

    it("refuses what XML cannot hold before anything is sent", async () => {
      const ews = await answering({ headers: xml, body: "<a/>" });
      should(await failureOf(ews.compose(request({ pubFile: "a\0" })))).match({ code: "invalid-message" });
      should(server?.asked).eql([]);
    });

    it("holds neither request nor reply: with 128 MiB in both directions, only what is on its way", async function () {
      this.timeout(120_000);
      const size = 128 * 1024 * 1024;
      const piece = Buffer.alloc(768 * 1024, "docbridge");
      const base64 = piece.toString("base64");
      let [read, received, written, stored] = [0, 0, 0, 0];
      const held = { request: 0, reply: 0 };
      // Both ends are slower than what they read from.
      server = await serveRaw(async (incoming, response) => {
        for await (const chunk of incoming) {
          received += (chunk as Buffer).length;
          held.request = Math.max(held.request, (read * 4) / 3 - received);
          await setImmediate();
        }
        response.writeHead(200, xml);
        response.write("<E><B><ComposeResponse><return><files><fileName>a.pdf</fileName><fileOutput>");
        for (; written < size; written += piece.length) {
          if (!response.write(base64)) await once(response, "drain");
        }
        response.end("</fileOutput></files></return></ComposeResponse></B></E>");
      });
      const driver = {
        size,
        open: async () =>
          (async function* () {
            for (; read < size; read += piece.length) yield piece.subarray(0, Math.min(size - read, piece.length));
          })(),
      };
      const { stream } = await connect(server.url).compose(request({ driver }));
      const slowly = async (bytes: Readable) => {
        for await (const chunk of bytes) {
          stored += (chunk as Buffer).length;
          held.reply = Math.max(held.reply, written - stored);
          await setImmediate();
        }
        return stored;
      };
      const { documents } = await readEwsReply(stream, context, slowly);
      should(documents[0]?.content).equal(written);
      should(received).be.above((size * 4) / 3);
      should(held.request).be.within(1, 24 * 1024 ** 2);
      should(held.reply).be.within(1, 24 * 1024 ** 2);
    });
  });
});
