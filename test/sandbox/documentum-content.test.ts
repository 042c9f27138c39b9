import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import should from "should";
import { hrefOf, JSON_TYPE, multipartBody, type Part, Rig, rawRequest } from "./documentum-rig.ts";

const PDF = Buffer.from("%PDF-1.7\n\u0000\u00ff binary \r\n--not a boundary\r\n", "latin1");
const metadata = (name: string, more: object = {}): string => JSON.stringify({ properties: { object_name: name, ...more } });

describe("documentum stand-in: content", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const upload = (parts: Part[], query = "", kind = "documents") => rig.multipart(`/folders/${temp}/${kind}${query}`, parts);
  const bytesOf = async (id: unknown, query = ""): Promise<Buffer> => {
    const response = await fetch(`${rig.repository}/objects/${id}/content-media${query}`, { headers: { Authorization: rig.basic() } });
    response.status.should.equal(200);
    return Buffer.from(await response.arrayBuffer());
  };
  const contentFiles = (): string[] => readdirSync(join(rig.dir, "documentum"));
  const contentRecords = (): number =>
    readFileSync(`${rig.dir}/documentum.jsonl`, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .reduce((sum, { op, kind }) => sum + (kind === "contents" ? (op === "put" ? 1 : -1) : 0), 0);

  describe("create with content", () => {
    it("takes the bytes of the official Java client", async () => {
      const answer = await upload([
        { name: "metadata", type: JSON_TYPE, body: metadata("java") },
        { name: "binary", type: "text/plain", extra: ["Content-Length: 37"], body: "The quick brown fox jumps over dogs. " },
      ]);
      answer.status.should.equal(201);
      answer.body.properties.should.have.properties({
        a_content_type: "crtext",
        r_page_cnt: 1,
        r_content_size: 37,
        a_storage_type: "filestore_01",
      });
      answer.text.should.containEql('"r_full_content_size":37.0');
      (await bytesOf(answer.body.properties.r_object_id)).toString().should.equal("The quick brown fox jumps over dogs. ");
      String(answer.body.properties.i_contents_id).should.match(/^06/);
      existsSync(join(rig.dir, "documentum", String(answer.body.properties.i_contents_id))).should.equal(true);
    });

    it("takes the bytes of the official Python client: empty file names, no part types", async () => {
      const answer = await upload(
        [
          { name: "metadata", fileName: "", body: metadata("python") },
          { name: "binary", fileName: "", body: PDF },
        ],
        "?format=pdf",
      );
      answer.status.should.equal(201);
      answer.body.properties.should.have.properties({ a_content_type: "pdf", r_content_size: PDF.length });
      (await bytesOf(answer.body.properties.r_object_id)).equals(PDF).should.equal(true);
    });

    it("takes any part names: order counts", async () => {
      for (const [first, second] of [
        ["object", "content"],
        ["metadata", "contents"],
        ["object", "content1"],
        ["metadata", "metadata"],
        ["x", "y"],
      ] as const) {
        const parts = [
          { name: first, type: JSON_TYPE, body: metadata(second) },
          { name: second, fileName: "C:\\fake\\path\\a.pdf", type: "application/pdf", body: PDF },
        ];
        const answer = await upload(parts);
        answer.status.should.equal(201);
        (await bytesOf(answer.body.properties.r_object_id)).equals(PDF).should.equal(true);
      }
    });

    it("takes several contents as pages or as renditions, with formats and modifiers by position", async () => {
      const parts = [
        { name: "metadata", type: JSON_TYPE, body: metadata("pages") },
        { name: "binary", type: "application/pdf", body: "page 0" },
        { name: "binary", type: "application/pdf", body: "page 1" },
      ];
      const pages = await upload(parts, "?content-count=2&all-primary=true");
      pages.body.properties.r_page_cnt?.should.equal(2);
      (await bytesOf(pages.body.properties.r_object_id, "?page=1")).toString().should.equal("page 1");
      const renditions = await upload(
        [...parts.slice(0, 2), { name: "binary", type: "text/html", body: "<p>" }, { name: "binary", body: "txt" }],
        "?all-primary=false&format=,,text&modifier=,small,",
      );
      renditions.status.should.equal(201);
      const id = renditions.body.properties.r_object_id;
      renditions.body.properties.r_page_cnt?.should.equal(1);
      (await bytesOf(id)).toString().should.equal("page 0");
      (await bytesOf(id, "?format=html&modifier=small")).toString().should.equal("<p>");
      (await bytesOf(id, "?format=text&modifier=&page=0")).toString().should.equal("txt");
      (await rig.get(`/objects/${id}/content-media?format=html`)).status.should.equal(404);
      (await rig.get(`/objects/${id}/contents`)).body.entries?.length.should.equal(3);
    });

    it("takes the format of the metadata, and refuses content without any", async () => {
      const declared = await upload([
        { name: "metadata", type: JSON_TYPE, body: metadata("declared", { a_content_type: "afp" }) },
        { name: "binary", type: "application/octet-stream", body: "afp" },
      ]);
      should(declared.body.properties.a_content_type).equal("afp");
      const before = contentRecords();
      for (const [type, query] of [
        ["application/x-nothing", ""],
        ["application/pdf", "?format=nothing"],
      ] as const) {
        const refused = await upload(
          [
            { name: "metadata", type: JSON_TYPE, body: metadata("no format") },
            { name: "binary", type, body: "x" },
          ],
          query,
        );
        refused.status.should.equal(400);
        refused.body.details.should.match(/DM_SYSOBJECT_E_NO_CONTENT_TYPE|DM_FORMAT_E/);
      }
      contentRecords().should.equal(before);
    });

    it("leaves nothing behind when the metadata is refused, and still answers a large upload", async () => {
      const files = contentFiles();
      const answer = await upload([
        { name: "metadata", type: JSON_TYPE, body: metadata("bad", { nonsense: 1 }) },
        { name: "binary", type: "application/pdf", body: Buffer.alloc(3_000_000, 1) },
      ]);
      answer.status.should.equal(400);
      answer.body.code.should.equal("E_INVALID_ATTR_NAME");
      contentFiles().should.eql(files);
      (await rig.dql("select object_name from dm_document where object_name = 'bad'")).should.be.empty();
    });

    it("refuses bodies that are no multipart, have no metadata, or break off", async () => {
      const broken = multipartBody([{ name: "metadata", type: JSON_TYPE, body: metadata("cut") }]);
      const headers = { "Content-Type": broken.type };
      const cut = await rig.call("POST", `/folders/${temp}/documents`, { headers, body: broken.body.subarray(0, broken.body.length - 20) });
      cut.status.should.equal(400);
      (
        await rig.call("POST", `/folders/${temp}/documents`, { headers: { "Content-Type": "multipart/form-data" }, body: "x" })
      ).status.should.equal(400);
      (await upload([])).status.should.equal(400);
      (await upload([{ name: "metadata", type: JSON_TYPE, body: "not json" }])).status.should.equal(400);
      (await rig.dql("select object_name from dm_document where object_name = 'cut'")).should.be.empty();
    });

    it("keeps nothing of an upload whose sender goes away", async () => {
      const files = contentFiles();
      const { type, body } = multipartBody([
        { name: "metadata", type: JSON_TYPE, body: metadata("aborted") },
        { name: "binary", type: "application/pdf", body: Buffer.alloc(500_000, 7) },
      ]);
      const { port, hostname } = new URL(rig.app.origin);
      const socket = connect(Number(port), hostname);
      const closed = new Promise((resolve) => socket.on("close", resolve));
      socket.write(
        `POST /dctm-rest/repositories/demo/folders/${temp}/documents HTTP/1.1\r\nHost: x\r\nAuthorization: ${rig.basic()}\r\n` +
          `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      await new Promise((resolve) => socket.write(body.subarray(0, 300_000), resolve));
      socket.resetAndDestroy();
      await closed;
      // The stop waits for the handler, so afterwards everything it did is visible.
      await rig.restart();
      contentFiles().should.eql(files);
      (await rig.dql("select object_name from dm_document where object_name = 'aborted'")).should.be.empty();
    });

    it("commits although the reply is lost", async () => {
      rig.app.faults.set([{ kind: "drop-reply", service: "documentum", method: "POST", times: 1 }]);
      await upload([
        { name: "metadata", type: JSON_TYPE, body: metadata("lost reply", { r_object_type: "demo_record", docbridge_key: "k-lost" }) },
        { name: "binary", type: "application/pdf", body: PDF },
      ]).should.be.rejected();
      const rows = await rig.dql("select r_object_id, object_name from demo_record where docbridge_key = 'k-lost'");
      rows.length.should.equal(1);
      (await bytesOf(rows[0]?.r_object_id)).equals(PDF).should.equal(true);
      rig.app.faults.set([]);
    });

    it("stores damaged bytes when the fault switch says so", async () => {
      for (const [kind, size] of [
        ["flip", 1000],
        ["truncate", 999],
      ] as const) {
        rig.app.faults.set([{ kind, service: "documentum", method: "POST", times: 1 }]);
        const sent = Buffer.alloc(1000, 65);
        const id = await rig.document(temp, kind, sent.toString());
        const stored = await bytesOf(id);
        stored.length.should.equal(size);
        stored.equals(sent).should.equal(false);
      }
      rig.app.faults.set([]);
    });
  });

  describe("content resources", () => {
    let id: string;
    before(async () => {
      const answer = await upload([
        { name: "metadata", type: JSON_TYPE, body: metadata("statement ä.pdf") },
        { name: "binary", type: "application/pdf", body: PDF },
      ]);
      id = answer.body.properties.r_object_id as string;
    });

    it("shows metadata as captured: no type, no definition, one ACS enclosure", async () => {
      const { text, body } = await rig.get(`/objects/${id}/contents/content`);
      Object.keys(body).should.eql(["name", "properties", "links"]);
      body.name.should.equal("content");
      Object.keys(body.properties).should.eql(
        "object_name r_object_id rendition full_format format full_content_size set_time r_content_hash i_vstamp mime_type dos_extension format_name parent_id page page_modifier".split(
          " ",
        ),
      );
      text.should.containEql(`"full_content_size":${PDF.length}.0`);
      body.properties.should.have.properties({
        full_format: "pdf",
        mime_type: "application/pdf",
        dos_extension: "pdf",
        parent_id: [id],
        page: [0],
        page_modifier: [null],
      });
      const enclosures = body.links.filter(({ rel }) => rel === "enclosure");
      enclosures.map(({ title }) => title).should.eql(["ACS"]);
    });

    it("offers what media-url-policy asks for, in any case", async () => {
      const titles = async (policy: string) =>
        (await rig.get(`/objects/${id}/contents/content?media-url-policy=${policy}`)).body.links
          .filter(({ rel }) => rel === "enclosure")
          .map(({ title }) => title);
      (await titles("dc-pref")).should.eql(["ACS"]);
      (await titles("DC_ONLY")).should.eql(["ACS"]);
      (await titles("local")).should.eql(["LOCAL"]);
      (await titles("LOCAL")).should.eql(["LOCAL"]);
      (await titles("all")).should.eql(["ACS", "LOCAL"]);
      (await rig.get(`/objects/${id}/contents/content?media-url-policy=odd`)).status.should.equal(400);
      rig.set("acs", false);
      (await titles("dc-pref")).should.eql(["LOCAL"]);
      (await rig.get(`/objects/${id}/contents/content?media-url-policy=dc-only`)).status.should.equal(400);
      rig.set("acs", true);
    });

    it("lets anybody use a pre-signed address, unchanged and until it expires", async () => {
      const address = hrefOf((await rig.get(`/objects/${id}/contents/content`)).body, "enclosure") as string;
      const load = () => fetch(address);
      const loaded = await load();
      loaded.status.should.equal(200);
      Buffer.from(await loaded.arrayBuffer())
        .equals(PDF)
        .should.equal(true);
      (await fetch(address.replace("length=", "length=1"))).status.should.equal(403);
      const reencoded = decodeURIComponent(address);
      if (reencoded !== address) (await fetch(reencoded)).status.should.equal(403);
      rig.clock += 360_000;
      (await load()).status.should.equal(200);
      rig.clock += 1_000;
      (await load()).status.should.equal(403);
    });

    it("sends the media with type and file name, needs credentials, honours Range behind a switch", async () => {
      const address = hrefOf((await rig.get(`/objects/${id}/contents/content?media-url-policy=local`)).body, "enclosure") as string;
      address.should.equal(`${rig.repository}/objects/${id}/content-media?format=pdf&modifier=&page=0`);
      (await rawRequest(address, "GET", {})).status.should.equal(401);
      const whole = await rawRequest(address, "GET", { Authorization: rig.basic() });
      should(whole.headers["content-type"]).equal("application/pdf");
      should(whole.headers["content-length"]).equal(String(PDF.length));
      should(whole.headers["content-disposition"]).equal(
        "attachment; filename=\"statement _.pdf\"; filename*=UTF-8''statement%20%C3%A4.pdf",
      );
      should(whole.headers["accept-ranges"]).equal("bytes");
      const range = { Authorization: rig.basic(), Range: "bytes=1-3" };
      const part = await rawRequest(address, "GET", range);
      part.status.should.equal(206);
      part.text.should.equal("PDF");
      should(part.headers["content-range"]).equal(`bytes 1-3/${PDF.length}`);
      rig.set("ranges", false);
      const ignored = await rawRequest(address, "GET", range);
      ignored.status.should.equal(200);
      should(ignored.headers["accept-ranges"]).equal(undefined);
      rig.set("ranges", true);
      const head = await rawRequest(address, "HEAD", { Authorization: rig.basic() });
      head.status.should.equal(200);
      head.text.should.equal("");
    });

    it("lists contents with the enclosure on the entry, inline on demand", async () => {
      const { body } = await rig.get(`/objects/${id}/contents?inline=true`);
      const [entry] = body.entries ?? [];
      should(hrefOf(entry as never, "enclosure")).match(/ACS/);
      should(entry?.content.properties.full_format).equal("pdf");
      const address = hrefOf(entry as never, "edit") as string;
      address.should.equal(`${rig.repository}/objects/${id}/contents/content?format=pdf&modifier=&page=0`);
      (await rig.get(address)).status.should.equal(200);
      const etag = (await rig.get(address)).headers.get("etag") as string;
      (await rig.get(address, { "If-None-Match": etag })).status.should.equal(304);
    });

    it("answers 404 for an object without content", async () => {
      const empty = (await rig.post(`/folders/${temp}/documents`, { properties: { object_name: "empty" } })).body.properties.r_object_id;
      (await rig.get(`/objects/${empty}/contents`)).body.should.not.have.property("entries");
      (await rig.get(`/objects/${empty}/contents/content`)).status.should.equal(404);
      (await rig.get(`/objects/${empty}/content-media`)).status.should.equal(404);
    });
  });

  describe("adding and deleting", () => {
    const add = (id: string, query: string, body: string, type = "text/html") =>
      rig.call("POST", `/objects/${id}/contents${query}`, { body, headers: { "Content-Type": type } });

    it("adds renditions and replaces them only with overwrite=true", async () => {
      const id = await rig.document(temp, "renditions");
      const first = await add(id, "?primary=false&overwrite=false", "one");
      first.status.should.equal(201);
      should(hrefOf(first.body, "self")).equal(`${rig.repository}/objects/${id}/contents/content?format=html&modifier=&page=0`);
      should(first.headers.get("location")).equal(hrefOf(first.body, "self"));
      first.body.properties.should.have.properties({ rendition: 2, full_format: "html" }).and.have.property("set_file");
      const again = await add(id, "?primary=false&overwrite=false", "two");
      again.status.should.equal(400);
      again.body.details.should.containEql("DM_SYSOBJECT_E_CONTENT_EXISTS");
      (await add(id, "?primary=false&overwrite=false&modifier=m", "three")).status.should.equal(201);
      const files = contentFiles().length;
      (await add(id, "?primary=false&overwrite=true", "four")).status.should.equal(201);
      contentFiles().length.should.equal(files);
      (await bytesOf(id, "?format=html")).toString().should.equal("four");
      (await bytesOf(id, "?format=html&modifier=m")).toString().should.equal("three");
      rig.set("content-exists-status", 409);
      (await add(id, "?primary=false&overwrite=false", "x")).status.should.equal(409);
      rig.set("content-exists-status", 400);
    });

    it("lets a switch decide what an absent overwrite means", async () => {
      const id = await rig.document(temp, "default");
      (await add(id, "", "new", "text/plain")).status.should.equal(400);
      rig.set("overwrite-by-default", true);
      (await add(id, "", "new", "text/plain")).status.should.equal(201);
      rig.set("overwrite-by-default", false);
      (await bytesOf(id)).toString().should.equal("new");
    });

    it("adds the primary content of an object made without", async () => {
      const id = (await rig.post(`/folders/${temp}/documents`, { properties: { object_name: "late" } })).body.properties
        .r_object_id as string;
      (await add(id, "?format=pdf", "late bytes", "application/octet-stream")).status.should.equal(201);
      const { properties } = (await rig.get(`/objects/${id}`)).body;
      properties.should.have.properties({ a_content_type: "pdf", r_content_size: 10, i_vstamp: 1 });
      (await add(id, "?page=5", "x", "application/pdf")).status.should.equal(400);
      (await add(id, "?page=1", "page 1", "application/pdf")).status.should.equal(201);
      should((await rig.get(`/objects/${id}`)).body.properties.r_page_cnt).equal(2);
    });

    it("deletes a rendition with its file", async () => {
      const id = await rig.document(temp, "delete rendition");
      await add(id, "?primary=false", "html");
      const files = contentFiles().length;
      (await rig.call("DELETE", `/objects/${id}/contents/content?format=html`)).status.should.equal(204);
      contentFiles().length.should.equal(files - 1);
      (await rig.call("DELETE", `/objects/${id}/contents/content?format=html`)).status.should.equal(404);
      (await rig.call("DELETE", `/objects/${id}`)).status.should.equal(204);
      contentFiles().length.should.equal(files - 2);
    });
  });

  it("streams 300 MB up and down in little memory", async function () {
    this.timeout(120_000);
    const block = Buffer.alloc(1024 * 1024, "docbridge ");
    const blocks = 300;
    const expected = createHash("sha256");
    for (let at = 0; at < blocks; at += 1) expected.update(block);
    const digest = expected.digest("hex");
    const boundary = "big";
    const head = Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: ${JSON_TYPE}\r\n\r\n${metadata("big")}\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="binary"\r\nContent-Type: application/pdf\r\n\r\n`,
    );
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    const idle = process.memoryUsage().rss;
    let peak = idle;
    const watch = (): void => {
      peak = Math.max(peak, process.memoryUsage().rss);
    };
    const headers = { Authorization: rig.basic(), "Content-Type": `multipart/form-data; boundary=${boundary}` };
    const created = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const outgoing = request(`${rig.repository}/folders/${temp}/documents`, { method: "POST", headers }, (incoming) => {
        let text = "";
        incoming.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
      });
      outgoing.on("error", reject);
      outgoing.write(head);
      let sent = 0;
      const send = (): void => {
        for (; sent < blocks; sent += 1) {
          watch();
          if (!outgoing.write(block)) {
            sent += 1;
            outgoing.once("drain", send);
            return;
          }
        }
        outgoing.end(tail);
      };
      send();
    });
    created.status.should.equal(201);
    const { properties } = JSON.parse(created.text);
    properties.r_content_size.should.equal(blocks * block.length);
    created.text.should.containEql('"r_full_content_size":3.145728E8');
    const hash = createHash("sha256");
    const response = await fetch(`${rig.repository}/objects/${properties.r_object_id}/content-media`, {
      headers: { Authorization: rig.basic() },
    });
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      watch();
    }
    hash.digest("hex").should.equal(digest);
    ((peak - idle) / 1024 / 1024).should.be.below(150);
  });
});
