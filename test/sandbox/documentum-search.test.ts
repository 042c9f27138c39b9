import should from "should";
import { type Answer, hrefOf, JSON_TYPE, type Json, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: search", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
    const folder = (await rig.post(`/folders/${temp}/folders`, { properties: { object_name: "search" } })).body.properties
      .r_object_id as string;
    const statement = (name: string, content: string, more: object): Promise<string> =>
      rig.document(folder, name, content, { r_object_type: "demo_statement", ...more });
    await statement("alpha", "the quick brown fox", {
      total_amount: 10.5,
      pages: 1,
      channel: "print",
      tags: ["red", "blue"],
      statement_date: "2025-01-31T00:00:00.000+00:00",
    });
    await statement("beta", "jumps over", {
      total_amount: 20,
      pages: 2,
      channel: "print",
      tags: ["red"],
      statement_date: "2025-02-10T00:00:00.000+00:00",
    });
    await statement("gamma", "the lazy dog", {
      total_amount: 30,
      pages: 3,
      channel: "email",
      statement_date: "2024-12-01T00:00:00.000+00:00",
    });
    await rig.document(temp, "Alphabet", "unrelated words", { keywords: ["fox"] });
  });
  after(() => rig.stop());

  const names = (answer: Answer): string[] => (answer.body.entries ?? []).map(({ title }) => title);
  const find = (q: string, more = ""): Promise<Answer> => rig.get(`/search?q=${encodeURIComponent(q)}&sort=object_name${more}`);
  const property = (name: string, operator: string, value?: unknown, more: object = {}): object => ({
    "expression-type": "property",
    name,
    operator,
    ...(value === undefined ? {} : { value }),
    ...more,
  });
  const ask = (expressions: object[], more: object = {}): Promise<Answer> =>
    rig.post("/search", {
      types: ["demo_statement"],
      sorts: [{ property: "object_name", ascending: true }],
      "expression-set": { "expression-type": "expression-set", operator: "AND", expressions },
      ...more,
    });

  describe("full text", () => {
    it("finds words in attributes and contents; phrases, brackets, OR, NOT and wildcards", async () => {
      names(await find("fox")).should.eql(["Alphabet", "alpha"]);
      names(await find("quick fox")).should.eql(["alpha"]);
      names(await find('"brown fox"')).should.eql(["alpha"]);
      names(await find("jumps OR lazy")).should.eql(["beta", "gamma"]);
      names(await find("the -quick", "&object-type=demo_statement")).should.eql(["gamma"]);
      names(await find("(jumps OR lazy) AND NOT dog")).should.eql(["beta"]);
      names(await find("qui*k")).should.eql(["alpha"]);
      (await find("nothing-like-it")).body.should.not.have.property("entries");
      rig.set("full-text-contents", false);
      names(await find("fox")).should.eql(["Alphabet"]);
      rig.set("full-text-contents", true);
    });

    it("scopes by type and place, pages, counts, and tells score and terms", async () => {
      names(await find("fox", "&object-type=demo_statement")).should.eql(["alpha"]);
      names(await find("fox", "&locations=/Temp/search")).should.eql(["alpha"]);
      names(await find("fox", "&locations=/Statements")).should.eql([]);
      const page = await find("fox", "&items-per-page=1&include-total=true&inline=true");
      should(page.body.total).equal(2);
      should(hrefOf(page.body, "next")).be.ok();
      page.body.entries?.[0]?.should.have.properties({ score: "1.0", terms: ["fox"] });
      should(page.body.entries?.[0]?.content.properties.object_name).equal("Alphabet");
    });

    it("counts facets and narrows down by their links", async () => {
      const { body } = await find("alpha OR beta OR gamma", "&object-type=demo_statement&facet=channel");
      const [facet] = body.facets as Json[];
      facet?.should.have.properties({ "facet-id": "channel", "facet-label": "channel" });
      const values = facet?.["facet-value"] as { "facet-value-id": string; "facet-value-count": number; link: { href: string } }[];
      values
        .map((one) => [one["facet-value-id"], one["facet-value-count"]])
        .should.eql([
          ["print", 2],
          ["email", 1],
        ]);
      names(await rig.get(values[1]?.link.href as string)).should.eql(["gamma"]);
      const supported = await rig.get("/supported-facets");
      names(supported).should.containDeep(["r_object_type", "owner_name"]);
    });

    it("refuses malformed expressions, unknown types and sorts, and says when there is no engine", async () => {
      for (const path of [
        "/search",
        "/search?q=",
        "/search?q=(a",
        "/search?q=a OR",
        "/search?q=a&object-type=none",
        "/search?q=a&sort=none",
      ]) {
        (await rig.get(path)).status.should.equal(400);
      }
      rig.set("full-text", false);
      (await find("x")).status.should.equal(503);
      (await ask([])).status.should.equal(503);
      rig.set("full-text", true);
    });
  });

  describe("structured", () => {
    it("compares every kind of attribute by every operator", async () => {
      const cases: [object, string[]][] = [
        [property("object_name", "EQUAL", "alpha"), ["alpha"]],
        [property("object_name", "EQUAL", "ALPHA"), []],
        [property("object_name", "EQUAL", "ALPHA", { "case-sensitive": false }), ["alpha"]],
        [property("object_name", "NOT_EQUAL", "alpha"), ["beta", "gamma"]],
        [property("object_name", "BEGINS_WITH", "ga"), ["gamma"]],
        [property("object_name", "ENDS_WITH", "eta"), ["beta"]],
        [property("object_name", "CONTAINS", "lph"), ["alpha"]],
        [property("object_name", "DOES_NOT_CONTAIN", "lph"), ["beta", "gamma"]],
        [property("total_amount", "GREATER_THAN", 20), ["gamma"]],
        [property("total_amount", "GREATER_EQUAL", "20"), ["beta", "gamma"]],
        [property("pages", "LESS_THAN", 2), ["alpha"]],
        [property("pages", "LESS_EQUAL", 2), ["alpha", "beta"]],
        [property("tags", "EQUAL", "blue"), ["alpha"]],
        [property("tags", "NOT_EQUAL", "blue"), ["beta", "gamma"]],
        [property("tags", "IS_NULL"), ["gamma"]],
        [property("tags", "IS_NOT_NULL"), ["alpha", "beta"]],
        [property("statement_date", "GREATER_EQUAL", "2025-01-31T00:00:00.000+00:00"), ["alpha", "beta"]],
        [property("is_final", "EQUAL", true), []],
        [{ "expression-type": "property-list", name: "object_name", operator: "IN", values: ["alpha", "gamma"] }, ["alpha", "gamma"]],
        [{ "expression-type": "property-list", name: "pages", operator: "NOT_IN", values: [1, 2] }, ["gamma"]],
        [{ "expression-type": "property-range", name: "total_amount", operator: "BETWEEN", from: 15, to: 25 }, ["beta"]],
        [
          { "expression-type": "relative-date", name: "statement_date", operator: "GREATER_EQUAL", value: 1, "time-unit": "MONTH" },
          ["beta"],
        ],
        [{ "expression-type": "fulltext", value: "dog OR jumps" }, ["beta", "gamma"]],
        [
          {
            "expression-type": "expression-set",
            operator: "OR",
            expressions: [property("pages", "EQUAL", 1), property("pages", "EQUAL", 3)],
          },
          ["alpha", "gamma"],
        ],
      ];
      for (const [expression, expected] of cases) {
        const answer = await ask([expression]);
        should(names(answer)).eql(expected, `${JSON.stringify(expression)}: ${answer.text.slice(0, 200)}`);
      }
      names(
        await ask([], { locations: [{ "location-type": "path-location", repository: "demo", descendent: false, path: "/Temp" }] }),
      ).should.eql([]);
      names(await ask([], { locations: [{ "location-type": "id-location", descendent: true, id: temp }] })).length.should.equal(3);
      names(await ask([], { sorts: [{ property: "total_amount", ascending: false }] })).should.eql(["gamma", "beta", "alpha"]);
    });

    it("shows the columns asked for, groups dates, and narrows by a facet's link", async () => {
      const body = {
        types: ["demo_statement"],
        columns: ["r_object_id", "total_amount"],
        "expression-set": { operator: "AND", expressions: [] },
        "facet-definitions": [{ id: "f1", attributes: ["statement_date"], "group-by": "year", sort: "VALUE_DESCENDING", "max-values": 5 }],
      };
      const answer = await rig.post("/search?inline=true", body);
      Object.keys(answer.body.entries?.[0]?.content.properties ?? {}).should.eql(["total_amount", "r_object_id"]);
      const values = (answer.body.facets as Json[])[0]?.["facet-value"] as { "facet-value-id": string; link: { href: string } }[];
      values.map((one) => one["facet-value-id"]).should.eql(["2025", "2024"]);
      names(await rig.post(values[1]?.link.href as string, body)).should.eql(["gamma"]);
    });

    it("refuses what it does not know, with the attribute's name", async () => {
      (await ask([property("no_attribute", "EQUAL", "x")])).body.code.should.equal("E_INVALID_ATTR_NAME");
      for (const expression of [
        property("pages", "EQUAL", "many"),
        property("pages", "ALMOST", 1),
        property("pages", "EQUAL"),
        { "expression-type": "riddle" },
        { "expression-type": "property-list", name: "pages", operator: "IN", values: 1 },
        property("pages", "EQUAL", 1, { template: true }),
      ]) {
        should((await ask([expression])).status).equal(400, JSON.stringify(expression));
      }
      (await ask([], { surprise: true })).status.should.equal(400);
      (await ask([], { types: ["nothing"] })).status.should.equal(400);
    });
  });

  describe("across repositories", () => {
    it("needs credentials, names the source, and takes start and limit", async () => {
      const at = `${rig.ctx}/search`;
      const anonymous = await fetch(`${at}?q=fox`);
      anonymous.status.should.equal(401);
      const answer = await rig.get(`${at}?q=fox&sort=object_name&limit=1&start=2&include-total=true`);
      names(answer).should.eql(["alpha"]);
      should(answer.body.total).equal(2);
      answer.body.entries?.[0]?.should.have.properties({ source: "demo", score: "1.0" });
      const body = { types: ["demo_statement"], "expression-set": { operator: "AND", expressions: [property("pages", "EQUAL", 1)] } };
      names(await rig.post(at, { ...body, repositories: ["demo"] })).should.eql(["alpha"]);
      names(await rig.post(at, { ...body, repositories: ["elsewhere"] })).should.eql([]);
    });
  });

  describe("saved searches", () => {
    const query = JSON.stringify({
      types: ["demo_statement"],
      sorts: [{ property: "object_name" }],
      "expression-set": { operator: "AND", expressions: [property("channel", "EQUAL", "print")] },
    });

    it("saves, lists by name, runs, keeps results and changes", async () => {
      const created = await rig.post("/saved-searches", {
        properties: { object_name: "printed", title: "All printed", r_is_public: false },
        "query-document": query,
      });
      created.status.should.equal(201, created.text);
      created.body.should.have.properties({ name: "saved-search", "query-document": query });
      created.body.properties.should.have.properties({ title: "All printed", r_is_public: false });
      rels(created.body).should.eql(["self", "edit", "delete", "search-execution", "saved-search-results"]);
      const entry = (await rig.get("/saved-searches")).body.entries?.[0] as Json;
      entry.title.should.equal("printed");
      (await rig.call("GET", "/saved-searches", { user: "guest" })).body.should.not.have.property("entries");
      (await rig.call("GET", hrefOf(entry, "edit") as string, { user: "guest" })).status.should.equal(403);
      names(await rig.get(hrefOf(created.body, "search-execution") as string)).should.eql(["alpha", "beta"]);
      const results = hrefOf(created.body, "saved-search-results") as string;
      (await rig.get(results)).status.should.equal(404);
      names(await rig.call("PUT", `${results}?max-results-count=1`)).should.eql(["alpha"]);
      names(await rig.get(results)).should.eql(["alpha"]);
      (await rig.call("DELETE", results)).status.should.equal(204);
      (await rig.get(results)).status.should.equal(404);
      const self = hrefOf(created.body, "self") as string;
      const changed = await rig.post(self, { properties: { title: "Mail" }, "query-document": query.replace("print", "email") });
      changed.body.properties.should.have.properties({ title: "Mail" });
      names(await rig.get(`${self}/execution`)).should.eql(["gamma"]);
      (await rig.call("DELETE", self)).status.should.equal(204);
      (await rig.get(self)).status.should.equal(404);
    });

    it("refuses queries that make no sense, and a search without one", async () => {
      const create = (more: object) => rig.post("/saved-searches", { properties: { object_name: "bad" }, ...more });
      for (const text of ["{", "[]", '{"surprise":1}']) (await create({ "query-document": text })).status.should.equal(400);
      (await create({})).status.should.equal(400);
      (await rig.post("/saved-searches", { properties: {}, "query-document": "{}" })).status.should.equal(400);
    });
  });

  describe("search templates", () => {
    it("names its variables, and runs with values for them", async () => {
      const template = JSON.stringify({
        types: ["demo_statement"],
        sorts: [{ property: "object_name" }],
        "expression-set": {
          operator: "AND",
          expressions: [
            property("channel", "EQUAL", "print", { template: true, id: "channel" }),
            { "expression-type": "property-list", name: "pages", operator: "IN", values: ["1", "2", "3"], template: true },
          ],
        },
      });
      const created = await rig.post("/search-templates", {
        properties: { object_name: "by channel" },
        "query-document-template": template,
      });
      created.status.should.equal(201, created.text);
      should(created.body["external-variables"]).eql([
        { "variable-type": "property-variable", id: "channel", "data-type": "string", "variable-value": "print" },
        { "variable-type": "property-list-variable", id: "variable-2", "data-type": "string", "variable-values": ["1", "2", "3"] },
      ]);
      rels(created.body).should.eql(["self", "delete", "search-execution"]);
      const run = (variables: object[]): Promise<Answer> =>
        rig.post(hrefOf(created.body, "search-execution") as string, { "external-variables": variables });
      names(await run([])).should.eql(["alpha", "beta"]);
      names(await run([{ id: "channel", "variable-value": "email" }])).should.eql(["gamma"]);
      names(await run([{ id: "variable-2", "variable-values": ["2"] }])).should.eql(["beta"]);
      (await run([{ id: "unknown", "variable-value": "x" }])).status.should.equal(400);
      const entry = (await rig.get("/search-templates?inline=true")).body.entries?.[0] as Json;
      entry.title.should.equal("by channel");
      (await rig.call("DELETE", hrefOf(created.body, "self") as string, { headers: { "Content-Type": JSON_TYPE } })).status.should.equal(
        204,
      );
    });
  });
});
