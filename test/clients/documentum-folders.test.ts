import should from "should";
import { DocumentumClient } from "../../dist/clients/documentum/documentum.js";
import { FakeRepository, failure, type Row } from "./documentum-fixture.ts";
import { failureOf } from "./support.ts";

describe("DocumentumClient folders", () => {
  let fake: FakeRepository;
  let client: DocumentumClient;
  /** Folders by path. */
  let folders: Map<string, string>;
  /** What happens to the next creations; default: they succeed. */
  let creation: (path: string) => ReturnType<typeof failure> | undefined;

  const connect = (createCabinets = false): DocumentumClient =>
    new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" }, createCabinets });

  beforeEach(async () => {
    fake = await FakeRepository.start();
    client = connect();
    folders = new Map([["/Customers", "0c00000000000001"]]);
    creation = () => undefined;
    fake.onQuery = (dql): Row[] => {
      const path = /any r_folder_path='(.*)'$/.exec(dql)?.[1]?.replaceAll("''", "'") ?? "";
      const id = folders.get(path);
      return id ? [{ properties: { r_object_id: id, object_name: path }, path: `/objects/${id}` }] : [];
    };
    fake.onOther = (asked, path) => {
      const create = asked.method === "POST" ? /^\/(?:folders\/(\w+)\/folders|cabinets)$/.exec(path) : null;
      if (create) {
        const { properties } = JSON.parse(asked.body.toString()) as { properties: { object_name: string; r_object_type: string } };
        const parent = [...folders].find(([, id]) => id === create[1])?.[0] ?? "";
        const refused = creation(`${parent}/${properties.object_name}`);
        if (refused) return refused;
        const id = `0b${String(folders.size + 1).padStart(14, "0")}`;
        folders.set(`${parent}/${properties.object_name}`, id);
        return { status: 201, json: fake.folder(id, properties) };
      }
      // The general object first: it does not offer what a folder does, but leads there.
      const general = /^\/objects\/(\w+)$/.exec(path);
      if (general) {
        const id = general[1] as string;
        const links = [{ rel: "canonical", href: `${fake.R}/folders/${id}` }];
        return { json: { ...fake.object("object", "dm_folder", path, { r_object_id: id }), links } };
      }
      const special = /^\/folders\/(\w+)$/.exec(path);
      return special ? { json: fake.folder(special[1] as string) } : undefined;
    };
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  const creations = (): string[] =>
    fake.server.asked
      .filter(({ method }) => method === "POST")
      .map(({ body }) => JSON.parse(body.toString()).properties.object_name as string);

  it("finds a folder by its path, quoted, and says when there is none", async () => {
    folders.set("/Customers/O'Brien", "0b0000000000000a");
    should(await client.findFolder("/Customers/O'Brien")).match({
      objectId: "0b0000000000000a",
      href: `${fake.R}/folders/0b0000000000000a`,
    });
    should(await client.findFolder("/Customers/Nobody")).be.undefined();
  });

  it("creates the missing levels in order, and asks for none of them again", async () => {
    const { objectId } = await client.ensureFolder("/Customers/2024/03/4711/");
    should(creations()).eql(["2024", "03", "4711"]);
    should(folders.get("/Customers/2024/03/4711")).equal(objectId);
    const asked = fake.server.asked.length;
    should(await client.ensureFolder("/Customers/2024/03/4711")).eql({ objectId });
    should(fake.server.asked.length).equal(asked);
    await client.ensureFolder("/Customers/2024/03/4712");
    should(creations()).eql(["2024", "03", "4711", "4712"]);
  });

  it("creates each level once for many documents at the same time", async () => {
    const paths = Array.from({ length: 30 }, (_, index) => `/Customers/2024/${index % 3}`);
    await Promise.all(paths.map((path) => client.ensureFolder(path)));
    should(creations().sort()).eql(["0", "1", "2", "2024"]);
  });

  it("creates folders of the configured type", async () => {
    client.close();
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" }, folderType: "acme_folder" });
    await client.ensureFolder("/Customers/x");
    should(JSON.parse(fake.server.asked.find(({ method }) => method === "POST")?.body.toString() ?? "")).eql({
      properties: { object_name: "x", r_object_type: "acme_folder" },
    });
  });

  it("creates a cabinet only where that is allowed", async () => {
    should(await failureOf(client.ensureFolder("/New/x"))).match({ code: "not-found", subject: "New" });
    should(creations()).eql([]);
    client.close();
    client = connect(true);
    await client.ensureFolder("/New/x");
    should(creations()).eql(["New", "x"]);
    should(fake.asked("POST", "/cabinets").length).equal(1);
  });

  for (const [status, name] of [
    [400, "as a bad request"],
    [500, "as a server error"],
  ] as const) {
    it(`takes a level that another worker made meanwhile, answered ${name}`, async () => {
      creation = (path) => {
        folders.set(path, "0b00000000000099");
        return failure(status, "E_X", '(DM_FOLDER_E_PATH_EXISTS) [DM_FOLDER_E_PATH_EXISTS]error:  "..."');
      };
      should(await client.ensureFolder("/Customers/4711")).eql({ objectId: "0b00000000000099" });
      should(creations()).eql(["4711"]);
    });
  }

  it("takes a level whose creation was carried out although the reply was lost", async () => {
    creation = (path) => {
      folders.set(path, "0b00000000000099");
      return failure(503, "E_X", "");
    };
    should(await client.ensureFolder("/Customers/4711")).eql({ objectId: "0b00000000000099" });
  });

  it("reports a refused creation, and tries again the next time", async () => {
    creation = () => failure(403, "E_X", "");
    should(await failureOf(client.ensureFolder("/Customers/4711"))).match({ code: "permission-denied" });
    creation = () => undefined;
    await client.ensureFolder("/Customers/4711");
  });

  it("lets one caller give up without ending the work for the others", async () => {
    let answer: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const rest = fake.onOther;
    fake.onOther = async (asked, path) => {
      if (asked.method === "POST") await gate;
      return rest(asked, path);
    };
    const stop = new AbortController();
    const impatient = failureOf(client.ensureFolder("/Customers/4711", { signal: stop.signal }));
    const patient = client.ensureFolder("/Customers/4711");
    stop.abort();
    should(await impatient).match({ code: "aborted" });
    answer();
    should((await patient).objectId).equal(folders.get("/Customers/4711"));
    should(creations()).eql(["4711"]);
  });

  it("refuses paths that are none", async () => {
    for (const path of ["", "/", "Customers", "/Customers//x", "/Customers/../x", "/Customers/ /x"]) {
      should(await failureOf(client.ensureFolder(path))).match({
        code: "invalid-metadata",
        subject: "folder",
      });
    }
  });

  it("says what is missing when a query gives no address", async () => {
    fake.onQuery = () => [{ properties: { r_object_id: "0b1", object_name: "x" } }];
    should(await failureOf(client.findFolder("/x"))).match({ code: "unexpected-reply", subject: "edit" });
  });
});
