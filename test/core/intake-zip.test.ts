import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import should from "should";
import { readZipMember } from "../../dist/core/intake/zip.js";
import { errorOf, seeded } from "./intake-support.ts";

interface Packed {
  name: string;
  bytes: Buffer;
  stored?: boolean;
  flags?: number;
}

/** A zip as any packer makes it. */
function zipOf(members: Packed[], comment = ""): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, stored = false, flags = 0 } of members) {
    const packed = stored ? bytes : deflateRawSync(bytes);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(flags, 2);
    head.writeUInt16LE(stored ? 0 : 8, 4);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), head, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.of(20, 0), head, rest, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(comment.length, 16);
  return Buffer.concat([...locals, entries, Buffer.from("PK\x05\x06"), end, Buffer.from(comment)]);
}

describe("members of a zip", () => {
  const dir = mkdtempSync(join(tmpdir(), "docbridge-zip-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, "a.zip");
  const read = async (zip: Buffer, name: string) => {
    writeFileSync(path, zip);
    const chunks: Buffer[] = [];
    for await (const chunk of readZipMember(path, name)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const random = seeded(5);
  const bytes = Buffer.concat([random.bytes(70_000), Buffer.alloc(300_000, "x")]);

  for (const stored of [true, false]) {
    it(`are read by their name, ${stored ? "stored" : "packed"}`, async () => {
      const members = [
        { name: "a.pdf", bytes: Buffer.from("first"), stored },
        { name: "out/ä.pdf", bytes, stored },
        { name: "empty", bytes: Buffer.alloc(0), stored },
      ];
      const zip = zipOf(members, "a comment with PK\x05 in it");
      should((await read(zip, "out/ä.pdf")).equals(bytes)).be.true();
      should((await read(zip, "ä.pdf")).equals(bytes)).be.true();
      should((await read(zip, "a.pdf")).toString()).equal("first");
      should((await read(zip, "empty")).length).equal(0);
      should((await errorOf(() => read(zip, "b.pdf"))).code).equal("not-found");
    });
  }

  it("are not taken from what is no zip, is cut off, or says a wrong size", async () => {
    const zip = zipOf([{ name: "a", bytes }]);
    const lying = Buffer.from(zip);
    lying.writeUInt32LE(10, zip.indexOf("PK\x01\x02") + 24);
    const broken = Buffer.from(zip);
    broken.fill(0xff, 60, 120);
    const bad: [string, Buffer][] = [
      ["no zip", Buffer.from("%PDF-1.4")],
      ["nothing", Buffer.alloc(0)],
      ["cut off", zip.subarray(0, zip.length - 30)],
      ["a wrong size", lying],
      ["broken bytes", broken],
      ["encrypted", zipOf([{ name: "a", bytes, flags: 1 }])],
    ];
    for (const [what, each] of bad)
      should({ what, code: (await errorOf(() => read(each, "a"))).code }).eql({ what, code: "body-unreadable" });
  });
});
