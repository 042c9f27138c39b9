import { SaxesParser } from "saxes";
import should from "should";
import { type Answer, multipartBody, Rig } from "./documentum-rig.ts";

const XML = "application/vnd.emc.documentum+xml";
const DM = "http://identifiers.emc.com/vocab/documentum";
const ATOM = "http://www.w3.org/2005/Atom";
const LR = "http://identifiers.emc.com/linkrel/";

/** An element with its namespace, as every XML reader sees it. */
interface Element {
  name: string;
  uri: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

function read(text: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const root: Element = { name: "", uri: "", attributes: {}, children: [], text: "" };
  const open = [root];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ local, uri, attributes }) => {
    const own = Object.fromEntries(Object.values(attributes).map(({ local: name, value }) => [name, value]));
    const element: Element = { name: local, uri, attributes: own, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("text", (piece) => {
    (open.at(-1) as Element).text += piece;
  });
  parser.on("closetag", () => {
    open.pop();
  });
  parser.write(text).close();
  return root.children[0] as Element;
}

const child = (element: Element, name: string): Element => {
  const found = element.children.find((one) => one.name === name);
  if (!found) throw new Error(`${element.name} has no ${name}`);
  return found;
};
const all = (element: Element, name: string): Element[] => element.children.filter((one) => one.name === name);
const linkOf = (element: Element, rel: string): string =>
  element.children.find((one) => one.name === "link" && [rel, LR + rel].includes(one.attributes.rel ?? ""))?.attributes.href as string;

describe("documentum stand-in: XML", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const get = (path: string, accept = `application/atom+xml, ${XML}`): Promise<Answer> => rig.get(path, { Accept: accept });
  const send = (method: string, path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
    rig.call(method, path, { body, headers: { "Content-Type": XML, Accept: XML, ...headers } });
  const typeOf = (answer: Answer): string => answer.headers.get("content-type") ?? "";
  const document = (properties: string): string =>
    `<?xml version="1.0"?><document xmlns="${DM}"><properties>${properties}</properties></document>`;

  describe("representations", () => {
    it("goes from the home document to a repository by links, as the official XML clients do", async () => {
      const home = await get(`${rig.ctx}/services.xml`);
      typeOf(home).should.startWith("application/home+xml");
      const resource = all(read(home.text), "resource").find(({ attributes }) => attributes.rel === `${LR}repositories`) as Element;
      const repositories = await get(child(resource, "link").attributes.href as string);
      typeOf(repositories).should.startWith("application/atom+xml");
      const feed = read(repositories.text);
      feed.uri.should.equal(ATOM);
      const entry = child(feed, "entry");
      child(entry, "title").text.should.equal("demo");
      const content = child(entry, "content");
      content.attributes.should.have.properties({ type: XML, src: linkOf(entry, "edit") });
      const repository = await get(content.attributes.src as string);
      typeOf(repository).should.startWith(XML);
      const root = read(repository.text);
      [root.name, root.uri].should.eql(["repository", DM]);
      child(root, "name").text.should.equal("demo");
      const dql = child(root, "links").children.find(({ attributes }) => attributes.rel === `${LR}dql`);
      should(dql?.attributes.hreftemplate).match(/\{\?dql,page,items-per-page\}$/);
      linkOf(child(root, "links"), "cabinets").should.match(/cabinets\.xml$/, "the suffix of the request is in its links");
    });

    it("shows an object with its exact values: doubles, dates, lists, empty ones, markup", async () => {
      const id = await rig.document(temp, 'a <b> & "c" ü', "x", {
        r_object_type: "demo_statement",
        keywords: ["one", "two & three"],
        total_amount: 9689,
        statement_date: "2025-01-31T00:00:00.000+00:00",
      });
      const answer = await get(`/documents/${id}`);
      const root = read(answer.text);
      root.name.should.equal("document");
      root.attributes.should.have.properties({ type: "dm:demo_statement", definition: `${rig.repository}/types/demo_statement` });
      const properties = child(root, "properties");
      child(properties, "object_name").text.should.equal('a <b> & "c" ü');
      child(properties, "total_amount").text.should.equal("9689.0");
      child(properties, "pages").text.should.equal("0");
      child(properties, "is_final").text.should.equal("false");
      child(properties, "statement_date").text.should.equal("2025-01-31T00:00:00.000+00:00");
      all(child(properties, "keywords"), "item")
        .map(({ text }) => text)
        .should.eql(["one", "two & three"]);
      child(properties, "authors").attributes.should.have.properties({ nil: "true" });
      child(properties, "a_effective_date").attributes.nil?.should.equal("true");
      linkOf(child(root, "links"), "self").should.equal(`${rig.repository}/documents/${id}`);
      should(answer.headers.get("etag")).be.ok();
    });

    it("shows feeds with paging, inlined objects, rows and hits in Atom, with the vendor's members in its namespace", async () => {
      for (const name of ["f1", "f2", "f3"]) await rig.document(temp, name);
      const page = read(
        (await get(`/folders/${temp}/documents?items-per-page=1&include-total=true&inline=true&filter=starts-with(object_name,'f')`)).text,
      );
      const total = child(page, "total");
      [total.uri, total.text].should.eql([DM, "3"]);
      linkOf(page, "next").should.match(/page=2$/);
      const inlined = child(child(child(page, "entry"), "content"), "document");
      inlined.uri.should.equal(DM);
      child(child(inlined, "properties"), "object_name").text.should.equal("f1");
      child(child(child(page, "entry"), "author"), "uri").text.should.equal(`${rig.repository}/users/demo`);
      const rows = read(
        (await get(`?dql=${encodeURIComponent("select r_object_id, object_name from dm_document where object_name = 'f2'")}`)).text,
      );
      const row = child(child(child(rows, "entry"), "content"), "query-result");
      child(child(row, "properties"), "object_name").text.should.equal("f2");
      const count = read((await get(`?dql=${encodeURIComponent("select count(*) as number from dm_cabinet")}`)).text);
      child(child(child(child(child(count, "entry"), "content"), "query-result"), "properties"), "number").text.should.equal("4");
      const hits = read((await get("/search?q=f3")).text);
      [child(child(hits, "entry"), "score").uri, child(child(hits, "entry"), "score").text].should.eql([DM, "1.0"]);
      all(read((await get("/checked-out-objects")).text), "entry").should.eql([]);
    });

    it("names the root of resources that are no objects by what they are", async () => {
      const id = await rig.document(temp, "roots");
      for (const [path, root] of [
        [`/objects/${id}/permissions`, "permission"],
        [`/objects/${id}/permission-set`, "permission-set"],
        [`/objects/${id}/aspects`, "object-aspects"],
        [`/objects/${id}/parent-links/${temp}`, "folder-link"],
        [`/objects/${id}/contents/content`, "content"],
        ["/types/demo_case", "type"],
        ["/formats/pdf", "format"],
        ["/currentuser", "current-user"],
        ["/batch-capabilities", "batch-capabilities"],
        [`${rig.ctx}/product-info`, "product-info"],
      ] as const) {
        should(read((await get(path)).text).name).equal(root, path);
      }
    });

    it("answers errors in the representation asked for, also before anybody is known", async () => {
      const answer = await get("/objects/0900000000000000");
      answer.status.should.equal(404);
      typeOf(answer).should.startWith(XML);
      const error = read(answer.text);
      error.name.should.equal("error");
      child(error, "status").text.should.equal("404");
      child(error, "code").text.should.equal("E_RESOURCE_NOT_FOUND");
      child(error, "details").text.should.containEql("DM_API_E_EXIST");
      child(error, "id").text.should.match(/^[0-9a-f-]{36}$/);
      const refused = await rig.get("/cabinets.xml", { Authorization: rig.basic("demo", "wrong") });
      refused.status.should.equal(401);
      child(read(refused.text), "code").text.should.equal("E_BAD_CREDENTIALS_ERROR");
    });

    it("chooses by suffix, then by quality; JSON when nothing or both are wanted", async () => {
      const chosen = async (path: string, accept?: string): Promise<boolean> =>
        typeOf(await rig.get(path, accept ? { Accept: accept } : {})).includes("xml");
      (await chosen("/cabinets")).should.equal(false);
      (await chosen("/cabinets", "*/*")).should.equal(false);
      (await chosen("/cabinets", "application/xml")).should.equal(true);
      (await chosen("/cabinets", `${XML}, application/json`)).should.equal(false);
      (await chosen("/cabinets", `${XML}, application/json;q=0.5`)).should.equal(true);
      (await chosen("/cabinets", "text/html,application/xml;q=0.9,*/*;q=0.8")).should.equal(false);
      (await chosen("/cabinets.xml", "application/json")).should.equal(true);
      (await chosen("/cabinets.json", XML)).should.equal(false);
      typeOf(await rig.get("/cabinets.json", { Accept: XML })).should.startWith("application/");
    });
  });

  describe("request bodies", () => {
    it("creates, updates and empties objects; every value by the type of its attribute", async () => {
      const created = await send(
        "POST",
        `/folders/${temp}/documents`,
        document(
          `<object_name>x &amp; y</object_name><r_object_type>demo_statement</r_object_type><total_amount>12.5</total_amount><pages>3</pages>
           <is_final>true</is_final><tags><item>a</item><item>b</item></tags><keywords/><statement_date>2025-01-31T00:00:00.000+00:00</statement_date>`,
        ),
      );
      created.status.should.equal(201, created.text);
      const id = child(child(read(created.text), "properties"), "r_object_id").text;
      const { properties } = (await rig.get(`/objects/${id}`)).body;
      properties.should.have.properties({
        object_name: "x & y",
        r_object_type: "demo_statement",
        total_amount: 12.5,
        pages: 3,
        is_final: true,
        tags: ["a", "b"],
        keywords: null,
        statement_date: "2025-01-31T00:00:00.000+00:00",
      });
      const ns = `<dm:document xmlns:dm="${DM}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="dm:demo_statement"><dm:properties><dm:pages>4</dm:pages><dm:tags xsi:nil="true"/><dm:object_name><![CDATA[<z>]]></dm:object_name></dm:properties></dm:document>`;
      (await send("POST", `/objects/${id}`, ns)).status.should.equal(200);
      (await rig.get(`/objects/${id}`)).body.properties.should.have.properties({ pages: 4, tags: null, object_name: "<z>" });
    });

    it("posts back what it read", async () => {
      const id = await rig.document(temp, "echo");
      const echo = (await get(`/objects/${id}?view=title,object_name`)).text.replace("<title/>", "<title>changed</title>");
      (await send("POST", `/objects/${id}`, echo)).status.should.equal(200);
      (await rig.get(`/objects/${id}`)).body.properties.should.have.properties({ title: "changed", object_name: "echo" });
    });

    it("creates and checks in with content, the metadata part being XML", async () => {
      const parts = (name: string, content: string) => [
        { name: "metadata", type: XML, body: document(`<object_name>${name}</object_name>`) },
        { name: "binary", type: "text/xml", body: content },
      ];
      const { type, body } = multipartBody(parts("with content", "<content>1</content>"));
      const created = await rig.call("POST", `/folders/${temp}/documents`, { body, headers: { "Content-Type": type } });
      created.status.should.equal(201, created.text);
      const id = created.body.properties.r_object_id as string;
      (await rig.get(`/objects/${id}/content-media`)).text.should.equal("<content>1</content>");
      await rig.call("PUT", `/objects/${id}/lock`);
      const next = multipartBody(parts("checked in", "<content>2</content>"));
      const version = await rig.call("POST", `/objects/${id}/versions?object-id=${id}&version-policy=next-major`, {
        body: next.body,
        headers: { "Content-Type": next.type },
      });
      version.status.should.equal(201, version.text);
      version.body.properties.should.have.properties({ object_name: "checked in", r_version_label: ["2.0", "CURRENT"] });
      const third = version.body.properties.r_object_id as string;
      await rig.call("PUT", `/objects/${third}/lock`);
      const raw = await rig.call("POST", `/objects/${third}/versions?object-id=${third}&version-policy=next-minor`, {
        body: "<content>3</content>",
        headers: { "Content-Type": "application/xml" },
      });
      raw.status.should.equal(201, "XML that is not the vendor's is content");
      (await rig.get(`/objects/${raw.body.properties.r_object_id}/content-media`)).text.should.equal("<content>3</content>");
    });

    it("links, attaches aspects and a lifecycle, comments", async () => {
      const id = await rig.document(temp, "others");
      const assets = await rig.folderId("/Assets");
      const link = `<folder-link xmlns="${DM}" href="${rig.repository}/folders/${assets}.xml"/>`;
      (await send("POST", `/objects/${id}/parent-links`, link)).status.should.equal(201);
      (
        await send("POST", `/objects/${id}/aspects`, `<object-aspects xmlns="${DM}"><aspect>dm_annotatable</aspect></object-aspects>`)
      ).status.should.equal(200);
      const lifecycle = read((await get("/lifecycles")).text);
      const lifecycleId = linkOf(child(lifecycle, "entry"), "edit").split("/").at(-1);
      const place = await send(
        "PUT",
        `/objects/${id}/lifecycle`,
        `<object-lifecycle xmlns="${DM}"><lifecycle-id>${lifecycleId}</lifecycle-id></object-lifecycle>`,
      );
      place.status.should.equal(200, place.text);
      child(read(place.text), "current-state").text.should.equal("Draft");
      (
        await send("POST", `/objects/${id}/comments`, `<comment xmlns="${DM}"><content-value>true</content-value></comment>`)
      ).status.should.equal(400);
      (
        await send("POST", `/objects/${id}/comments`, `<comment xmlns="${DM}"><content-value>well</content-value></comment>`)
      ).status.should.equal(201);
      (await rig.get(`/objects/${id}`)).body.properties.should.have.properties({
        r_aspect_name: ["dm_annotatable"],
        i_folder_id: [temp, assets],
      });
    });

    it("carries out a batch, with XML entities and content", async () => {
      const operation = (id: string, entity: string, more = ""): string =>
        `<operation id="${id}"><request method="POST" uri="${rig.repository}/folders/${temp}/documents"><headers><header name="Content-Type" value="${XML}"/><header name="Accept" value="${XML}"/></headers><entity><![CDATA[${entity}]]></entity>${more}</request></operation>`;
      const attachment =
        '<attachments><attachment><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:one"/></attachment></attachments>';
      const batch = `<batch xmlns="${DM}"><description>xml</description><transactional>true</transactional><operations>${operation("a", document("<object_name>batch a</object_name>"))}${operation("b", document("<object_name>batch b</object_name>"), attachment)}</operations></batch>`;
      const { type, body } = multipartBody([
        { name: "batch", type: `application/xop+xml;type="${XML}"`, extra: ["Content-ID: batch"], body: batch },
        { name: "one", type: "text/plain", extra: ["Content-ID: one"], body: "attached" },
      ]);
      const headers = { "Content-Type": type.replace("form-data", 'related;type="application/xop+xml";start="batch"'), Accept: XML };
      const answer = await rig.call("POST", "/batches", { body, headers });
      answer.status.should.equal(201, answer.text);
      const root = read(answer.text);
      [root.name, child(root, "state").text].should.eql(["batch", "FINISHED"]);
      const responses = child(root, "operations").children.map((one) => [one.attributes.id, child(one, "response")] as const);
      responses
        .map(([id, { attributes }]) => [id, attributes.status])
        .should.eql([
          ["a", "201"],
          ["b", "201"],
        ]);
      const entity = read(child(responses[1]?.[1] as Element, "entity").text);
      const id = child(child(entity, "properties"), "r_object_id").text;
      (await rig.get(`/objects/${id}/content-media`)).text.should.equal("attached");
      const single = await send(
        "POST",
        "/batches",
        `<batch><operations>${operation("c", document("<nothing>1</nothing>"))}</operations></batch>`,
      );
      single.status.should.equal(400);
      child(read(single.text), "code").text.should.equal("E_INVALID_ATTR_NAME");
    });

    it("refuses what is not well-formed, of the wrong type, unknown, nested without end, or has a document type", async () => {
      const path = `/folders/${temp}/documents`;
      const refused: [string, RegExp][] = [
        ["<document><properties>", /well-formed/],
        ["", /well-formed/],
        ['<!DOCTYPE d [<!ENTITY x "y">]><document><properties><object_name>&x;</object_name></properties></document>', /document type/],
        ["<a>".repeat(100), /nested/],
        [document("<surprise>1</surprise>"), /invalid attribute name/],
        [document("<object_name>w</object_name><a_is_hidden>perhaps</a_is_hidden>"), /'a_is_hidden'/],
        [document("<object_name><item>a</item></object_name>"), /'object_name'/],
        [`<document><properties/><surprise/></document>`, /unknown member 'surprise'/],
      ];
      for (const [body, message] of refused) {
        const answer = await send("POST", path, body);
        should(answer.status).equal(400, `${body.slice(0, 60)}: ${answer.text}`);
        child(read(answer.text), "message").text.should.match(message);
      }
    });
  });
});
