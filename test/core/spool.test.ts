import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import should from "should";
import { ContentReference } from "../../dist/core/content/reference.js";
import { Spool } from "../../dist/core/content/spool.js";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const read = async (stream: Readable) => Buffer.concat(await stream.toArray());

describe("spool", () => {
  let dir: string;
  let spool: Spool;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-spool-"));
    spool = await Spool.open({ dir: join(dir, "spool"), maxBytes: 1_000_000 });
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const parts = () => readdirSync(join(dir, "spool/part"));

  it("keeps bytes under their hash and gives them back", async () => {
    const bytes = randomBytes(300_000);
    const kept = await spool.put(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]));
    should(kept).eql({ sha256: sha256(bytes), size: 300_000 });
    should(await read(await spool.read(kept.sha256))).eql(bytes);
    should(spool.usage().usedBytes).equal(300_000);
    should(parts()).be.empty();
  });

  it("keeps what comes faster than it can be written, in pieces of any size, and several documents at once", async () => {
    const large = await Spool.open({ dir: join(dir, "large"), maxBytes: 64 * 1024 ** 2 });
    const documents = [1, 5000, 70_000, 1024 ** 2].map((piece) => ({ piece, bytes: randomBytes(6_000_001) }));
    const kept = await Promise.all(
      documents.map(({ piece, bytes }) => {
        const count = Math.ceil(bytes.length / piece);
        // Bytes one by one would take seconds: a thousand of them, then the rest.
        const pieces =
          piece === 1 ? [...Array.from(bytes.subarray(0, 1000), (byte) => Buffer.from([byte])), bytes.subarray(1000)] : undefined;
        return large.put(Readable.from(pieces ?? Array.from({ length: count }, (_, at) => bytes.subarray(at * piece, (at + 1) * piece))));
      }),
    );
    for (const [at, { bytes }] of documents.entries()) {
      should(kept[at]).eql({ sha256: sha256(bytes), size: bytes.length });
      should((await read(await large.read(sha256(bytes)))).equals(bytes)).be.true();
    }
    should(large.usage().usedBytes).equal(4 * 6_000_001);
  });

  it("names the disk as the cause where a document cannot be written, and goes on once it can", async () => {
    rmSync(join(dir, "spool/part"), { recursive: true });
    await should(spool.put(Readable.from([randomBytes(10), randomBytes(2_000_000)]), {})).be.rejectedWith({ code: /^spool-/ });
    await should(spool.put(Readable.from([randomBytes(10)]))).be.rejectedWith({ code: "spool-io", retryable: true });
    should(spool.usage().usedBytes).equal(0);
    mkdirSync(join(dir, "spool/part"));
    const kept = await spool.put(Readable.from([randomBytes(10)]));
    // Folders of the spool may be removed while they are empty.
    await spool.remove(kept.sha256, Date.now() + 1000);
    rmSync(join(dir, "spool", kept.sha256.slice(0, 2)), { recursive: true });
    const again = await spool.put(Readable.from([randomBytes(10)]));
    should(await spool.pathOf(again.sha256)).be.a.String();
  });

  it("keeps the same bytes once", async () => {
    const bytes = randomBytes(1000);
    const file = join(dir, "finished");
    writeFileSync(file, bytes);
    const all = [1, 2, 3, 4, 5].flatMap(() => [spool.put(Readable.from([bytes])), spool.adopt(file)]);
    for (const kept of await Promise.all(all)) should(kept).eql({ sha256: sha256(bytes), size: 1000 });
    await spool.put(Readable.from([bytes]));
    should(spool.usage().usedBytes).equal(1000);
    should(parts()).be.empty();
    should(statSync(await spool.pathOf(sha256(bytes))).size).equal(1000);
    const reopened = await Spool.open({ dir: join(dir, "spool"), maxBytes: 1_000_000 });
    should(reopened.usage().usedBytes).equal(1000);
  });

  it("replaces what a power cut left under the name of other bytes", async () => {
    const bytes = randomBytes(1000);
    const { sha256: name } = await spool.put(Readable.from([bytes]));
    const path = await spool.pathOf(name);
    const file = join(dir, "finished");
    writeFileSync(file, bytes);
    for (const bring of [() => spool.put(Readable.from([bytes])), () => spool.adopt(file)]) {
      for (const left of [Buffer.alloc(1000), Buffer.alloc(0)]) {
        writeFileSync(path, left);
        await bring();
        should(readFileSync(path)).eql(bytes);
        should(parts()).be.empty();
      }
    }
  });

  it("refuses what does not fit, evicts nothing, and takes it once there is room", async () => {
    const first = await spool.put(Readable.from([randomBytes(900_000)]));
    await should(spool.put(Readable.from([randomBytes(200_000)]))).be.rejectedWith({ code: "spool-full", retryable: true });
    should(spool.usage().usedBytes).equal(900_000);
    should(parts()).be.empty();
    should(await spool.remove(first.sha256, Date.now() + 1000)).be.true();
    await spool.put(Readable.from([randomBytes(200_000)]));
    should(spool.usage().usedBytes).equal(200_000);
  });

  it("refuses a body over the caller's limit and keeps nothing of it", async () => {
    await should(spool.put(Readable.from([randomBytes(600), randomBytes(600)]), { maxBytes: 1000 })).be.rejectedWith({
      code: "body-too-large",
    });
    should([spool.usage().usedBytes, parts().length]).eql([0, 0]);
  });

  it("keeps nothing of a source that breaks off", async () => {
    async function* broken() {
      yield randomBytes(100);
      throw new Error("connection lost");
    }
    await should(spool.put(broken())).be.rejectedWith("connection lost");
    should([spool.usage().usedBytes, parts().length]).eql([0, 0]);
  });

  it("links a finished file in instead of copying it", async () => {
    const bytes = randomBytes(5000);
    const path = join(dir, "incoming.pdf");
    writeFileSync(path, bytes);
    const kept = await spool.adopt(path);
    should(kept).eql({ sha256: sha256(bytes), size: 5000 });
    should(statSync(await spool.pathOf(kept.sha256)).ino).equal(statSync(path).ino);
    should(await spool.adopt(path)).eql(kept);
    should(spool.usage().usedBytes).equal(5000);
    rmSync(path);
    should(readFileSync(await spool.pathOf(kept.sha256))).eql(bytes);
  });

  it("does not follow a symbolic link", async () => {
    const link = join(dir, "link.pdf");
    symlinkSync("/etc/hostname", link);
    await should(spool.adopt(link)).be.rejectedWith({ code: "spool-io" });
  });

  it("keeps bytes that came in again after they were found unneeded", async () => {
    const kept = await spool.put(Readable.from(["again"].map((text) => Buffer.from(text))));
    const path = await spool.pathOf(kept.sha256);
    utimesSync(path, new Date(0), new Date(0));
    const decided = Date.now() - 1000;
    await spool.put(Readable.from([Buffer.from("again")]));
    should(await spool.remove(kept.sha256, decided)).be.false();
    should(await spool.remove(kept.sha256, Date.now() + 1000)).be.true();
    await should(spool.pathOf(kept.sha256)).be.rejectedWith({ code: "content-missing" });
  });

  it("clears what writers of yesterday left, and nothing younger", async () => {
    writeFileSync(join(dir, "spool/part/old"), "x");
    writeFileSync(join(dir, "spool/part/young"), "x");
    utimesSync(join(dir, "spool/part/old"), new Date(0), new Date(0));
    await Spool.open({ dir: join(dir, "spool"), maxBytes: 10 });
    should(parts()).eql(["young"]);
  });

  it("gives a reference that survives JSON", async () => {
    const bytes = randomBytes(10);
    const kept = await spool.put(Readable.from([bytes]));
    const reference = new ContentReference({ ...kept, mediaType: "text/plain", fileName: "a.txt" }, spool);
    should(Object.prototype.toString.call(reference)).equal("[object ContentReference]");
    const again = ContentReference.from(JSON.parse(JSON.stringify(reference)), spool);
    should(await read(await again.open())).eql(bytes);
    await should(ContentReference.from({ ...again.toJSON(), sha256: "../../etc/passwd" }, spool).open()).be.rejectedWith({
      code: "content-missing",
    });
  });
});
