import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import should from "should";
import { sharedBuffers } from "../../dist/clients/http/buffers.js";
import { createHttp, type Http } from "../../dist/clients/http/http.js";
import { type UploadCall, uploadFile } from "../../dist/clients/http/upload.js";
import { closedPort, failureOf, partsOf, serve, serveRaw, sha256, TestFolder, type TestServer } from "./support.ts";

const MIB = 1024 * 1024;
const REFUSAL = '{"code":"E_TOO_EARLY"}';

describe("uploadFile", () => {
  const opened: { close(): unknown }[] = [];
  let folder: TestFolder;
  let http: Http;
  const track = <T extends { close(): unknown }>(each: T): T => {
    opened.push(each);
    return each;
  };
  const raw = async (handler: Parameters<typeof serveRaw>[0]): Promise<TestServer> => track(await serveRaw(handler));

  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());
  beforeEach(() => {
    http = track(createHttp({ timeoutMs: 5000 }));
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
    should(sharedBuffers.onLoan).equal(0);
  });

  for (const size of [0, 1, 50_000, 64 * 1024, 64 * 1024 + 1, MIB, MIB + 1, 5 * MIB, 5 * MIB + 17]) {
    it(`sends ${size} bytes as they are and hashes them`, async () => {
      const server = track(await serve(() => ({ status: 201, body: "stored" })));
      const file = folder.file(size);
      const call = { url: `${server.url}/raw`, headers: { "Content-Type": "application/pdf" }, file, md5: true };
      const reply = await uploadFile(http, call);
      should(reply).match({ status: 201, body: "stored" });
      should(reply.sent).eql({ bytes: size, sha256: file.sha256, md5: file.md5 });
      should(sha256(server.asked[0]?.body as Buffer)).equal(file.sha256);
      should(server.asked[0]?.headers).match({ "content-length": String(size), "content-type": "application/pdf" });
      should(server.asked[0]?.headers).not.have.property("transfer-encoding");
    });
  }

  for (const size of [300, MIB - 10, 3 * MIB]) {
    it(`frames ${size} bytes as the second part, with a known length`, async () => {
      const server = track(await serve(() => ({ status: 201 })));
      const file = folder.file(size);
      await uploadFile(http, {
        url: server.url,
        headers: {},
        file,
        framing: {
          parts: [{ name: "metadata", body: '{"a":"ü"}', contentType: "application/vnd.emc.documentum+json" }],
          file: { name: "binary", contentType: "application/pdf", partLength: true },
        },
      });
      const { headers, body } = server.asked[0] as { headers: Record<string, string>; body: Buffer };
      should(headers["content-length"]).equal(String(body.length));
      const parts = partsOf(body, headers["content-type"] ?? "");
      should(parts.length).equal(2);
      should(parts[0]?.headers).eql({
        "Content-Disposition": 'form-data; name="metadata"',
        "Content-Type": "application/vnd.emc.documentum+json",
      });
      should(parts[0]?.body.toString()).equal('{"a":"ü"}');
      should(parts[1]?.headers).eql({
        "Content-Disposition": 'form-data; name="binary"',
        "Content-Type": "application/pdf",
        "Content-Length": String(size),
      });
      should(sha256(parts[1]?.body as Buffer)).equal(file.sha256);
    });
  }

  it("names the file without path and quotes what a header cannot hold", async () => {
    const server = track(await serve(() => ({ status: 201 })));
    const framing = { file: { name: "file", contentType: "text/plain", fileName: '/tmp/../Ä "x"\r\n.pdf' } };
    await uploadFile(http, { url: server.url, headers: {}, file: folder.file(10), framing });
    const [part] = partsOf(server.asked[0]?.body as Buffer, server.asked[0]?.headers["content-type"] ?? "");
    should(Buffer.from(part?.disposition ?? "", "latin1").toString()).equal('form-data; name="file"; filename="Ä %22x%22%0D%0A.pdf"');
  });

  it("refuses a media type that would break the headers", async () => {
    const framing = { file: { name: "file", contentType: "text/plain\r\nX-Evil: 1" } };
    const call = { url: "http://127.0.0.1:1/", headers: {}, file: folder.file(10), framing };
    should(await failureOf(uploadFile(http, call))).match({ code: "invalid-message" });
  });

  describe("when the file was changed", () => {
    /** What arrived of each request, and how it ended. */
    const watched = async () => {
      const seen: { bytes: number; complete: boolean }[] = [];
      const server = await raw((request, response) => {
        const each = { bytes: 0, complete: false };
        seen.push(each);
        request.on("data", (chunk: Buffer) => {
          each.bytes += chunk.length;
        });
        request.on("error", () => undefined);
        request.on("end", () => {
          each.complete = true;
          response.writeHead(201).end();
        });
      });
      return { seen, server };
    };
    const changes: [string, number, (path: string, bytes: Buffer) => void][] = [
      ["small, one byte flipped", 5000, (path, bytes) => writeFileSync(path, flip(bytes, 4999))],
      ["small, longer", 5000, (path) => appendFileSync(path, "x")],
      ["small, shorter", 5000, (path, bytes) => writeFileSync(path, bytes.subarray(1))],
      ["large, first byte flipped", 5 * MIB, (path, bytes) => writeFileSync(path, flip(bytes, 0))],
      ["large, last byte flipped", 5 * MIB, (path, bytes) => writeFileSync(path, flip(bytes, 5 * MIB - 1))],
      ["large, shorter", 5 * MIB, (path, bytes) => writeFileSync(path, bytes.subarray(0, 4 * MIB))],
    ];
    for (const [name, size, change] of changes) {
      it(`never gives the server the whole of it (${name})`, async () => {
        const { seen, server } = await watched();
        const file = folder.file(size);
        change(file.path, file.bytes);
        const failure = await failureOf(uploadFile(http, { url: server.url, headers: {}, file }));
        should(failure).match({ code: "content-altered", retryable: false, ambiguous: false, subject: file.sha256 });
        should(failure.message).not.containEql(file.path);
        for (const each of seen) {
          should(each.complete).be.false();
          should(each.bytes).be.belowOrEqual(size - 1);
        }
      });
    }

    it("says so when the file is not there", async () => {
      const file = folder.file(10);
      rmSync(file.path);
      should(await failureOf(uploadFile(http, { url: "http://127.0.0.1:1/", headers: {}, file }))).match({ code: "content-missing" });
    });
  });

  describe("when the server answers before it has the whole body", () => {
    for (const [status, code] of [
      [401, "authentication-failed"],
      [413, "refused"],
      [503, "service-unavailable"],
    ] as const) {
      it(`stops sending and reports ${status}`, async () => {
        let received = 0;
        let ended: Promise<unknown> | undefined;
        const server = await raw((request, response) => {
          ended = new Promise((resolve) => request.socket.once("close", resolve));
          request.on("error", () => undefined);
          request.once("data", () => response.writeHead(status, { "Content-Type": "application/json", "Retry-After": "2" }).end(REFUSAL));
          // It goes on reading, so that only the client's own decision ends the body.
          request.on("data", (chunk: Buffer) => {
            received += chunk.length;
          });
        });
        const file = folder.file(40 * MIB);
        const call: UploadCall = { url: server.url, headers: {}, file, readFailure: (body) => body as { code: string } };
        const failure = await failureOf(uploadFile(http, call));
        should(failure).match({ code, status, remote: { code: "E_TOO_EARLY" } });
        should(failure.retryAfterMs).equal(status === 503 ? 2000 : undefined);
        await ended;
        should(received).be.below(20 * MIB);
      });
    }

    it("reports the status of a refused body that was one write", async () => {
      const server = await raw((request, response) => {
        request.pause();
        response.writeHead(413).end("too large");
      });
      should(await failureOf(uploadFile(http, { url: server.url, headers: {}, file: folder.file(MIB) }))).match({
        code: "refused",
        status: 413,
      });
    });

    it("believes no success that came too early", async () => {
      const server = await raw((request, response) => {
        request.once("data", () => {
          request.pause();
          response.writeHead(201).end("stored");
        });
        request.on("error", () => undefined);
      });
      const failure = await failureOf(uploadFile(http, { url: server.url, headers: {}, file: folder.file(40 * MIB) }));
      should(failure).match({ code: "unexpected-reply", ambiguous: true, status: 201 });
    });
  });

  describe("when the connection fails", () => {
    for (const size of [5000, 8 * MIB]) {
      it(`is ambiguous after a reset, with ${size} bytes`, async () => {
        const server = await raw((request) => {
          request.once("data", () => request.socket.resetAndDestroy());
          request.on("error", () => undefined);
        });
        const failure = await failureOf(uploadFile(http, { url: server.url, headers: {}, file: folder.file(size) }));
        should(failure).match({ code: "connection-lost", retryable: true, ambiguous: true });
      });

      it(`is ambiguous when the server commits and the reply is lost, with ${size} bytes`, async () => {
        let committed = 0;
        const server = await raw((request) => {
          request.on("data", (chunk: Buffer) => {
            committed += chunk.length;
          });
          request.on("end", () => request.socket.resetAndDestroy());
        });
        const failure = await failureOf(uploadFile(http, { url: server.url, headers: {}, file: folder.file(size) }));
        should(failure).match({ code: "connection-lost", retryable: true, ambiguous: true });
        should(committed).equal(size);
      });

      it(`is not ambiguous when nobody listens, with ${size} bytes`, async () => {
        const call = { url: `http://127.0.0.1:${await closedPort()}`, headers: {}, file: folder.file(size) };
        should(await failureOf(uploadFile(http, call))).match({ code: "connection-refused", retryable: true, ambiguous: false });
      });

      it(`gives up a server that takes or says nothing any more, with ${size} bytes`, async () => {
        const server = await raw((request) => {
          request.once("data", () => request.pause());
          request.on("error", () => undefined);
        });
        const call = { url: server.url, headers: {}, file: folder.file(size), idleTimeoutMs: 150 };
        should(await failureOf(uploadFile(http, call))).match({ code: "timeout", retryable: true, ambiguous: true });
      });

      it(`ends as aborted when the caller gives up, with ${size} bytes`, async () => {
        const stop = new AbortController();
        const server = await raw((request) => {
          request.once("data", () => {
            request.pause();
            stop.abort();
          });
          request.on("error", () => undefined);
        });
        const call = { url: server.url, headers: {}, file: folder.file(size), signal: stop.signal };
        should(await failureOf(uploadFile(http, call))).match({ code: "aborted", ambiguous: true });
      });
    }
  });

  it("needs less than 40 MiB for 200 MiB, framed", async function () {
    this.timeout(60_000);
    const server = await raw((request, response) => {
      request.resume().on("end", () => response.writeHead(201).end());
    });
    const path = join(folder.path, "large.bin");
    writeFileSync(path, "");
    truncateSync(path, 200 * MIB);
    const hash = createHash("sha256");
    for (let mib = 0; mib < 200; mib++) hash.update(Buffer.alloc(MIB));
    const child = fork(join(import.meta.dirname, "upload-memory.ts"), [server.url, path, String(200 * MIB), hash.digest("hex")]);
    const [report] = (await once(child, "message")) as [{ bytes: number; grownBy: number }];
    await once(child, "exit");
    should(report.bytes).equal(200 * MIB);
    should(report.grownBy).be.below(40 * MIB);
  });

  it("has no limit on the whole duration, only on silence", async () => {
    const server = await raw((request, response) => {
      void slowly(request).then(() => response.writeHead(201).end());
    });
    const file = folder.file(25 * MIB);
    const startedAt = performance.now();
    await uploadFile(http, { url: server.url, headers: {}, file, idleTimeoutMs: 1000 });
    should(performance.now() - startedAt).be.above(1000);
  });

  it("holds at most 8 MiB for 20 large uploads to slow servers, and lets small ones pass them", async () => {
    const waiting: IncomingMessage[] = [];
    let small = 0;
    const server = await raw((request, response) => {
      if (request.url === "/small") {
        small++;
        request.resume().on("end", () => response.writeHead(201).end());
        return;
      }
      request.once("data", () => request.pause());
      request.on("error", () => undefined);
      waiting.push(request);
    });
    const stop = new AbortController();
    const file = folder.file(30 * MIB);
    const large = Array.from({ length: 20 }, () =>
      failureOf(uploadFile(http, { url: `${server.url}/large`, headers: {}, file, signal: stop.signal })),
    );
    while (waiting.length === 0) await once(server.server, "request");
    const bodies = Array.from({ length: 10 }, () => folder.file(MIB));
    await Promise.all(bodies.map((body) => uploadFile(http, { url: `${server.url}/small`, headers: {}, file: body })));
    should(small).equal(10);
    should(sharedBuffers.onLoan).be.belowOrEqual(8);
    should(waiting.length).be.belowOrEqual(6);
    stop.abort();
    for (const failure of await Promise.all(large)) should(failure).match({ code: "aborted" });
  });

  it("sends many files at once, each with its own bytes", async () => {
    const server = track(await serve(({ body }) => ({ status: 201, body: sha256(body) })));
    const files = Array.from({ length: 40 }, (_, index) => folder.file((index % 4) * 900_000 + index));
    const replies = await Promise.all(files.map((file) => uploadFile(http, { url: server.url, headers: {}, file })));
    should(replies.map(({ body }) => body)).eql(files.map((file) => file.sha256));
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

/** Reads a body with a pause after every MiB. */
async function slowly(request: IncomingMessage): Promise<void> {
  let since = 0;
  for await (const chunk of request) {
    since += (chunk as Buffer).length;
    if (since < MIB) continue;
    since = 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
