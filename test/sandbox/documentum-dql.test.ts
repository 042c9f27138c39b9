import should from "should";
import type { Condition } from "../../dist/sandbox/documentum/dql/ast.js";
import { parseDql } from "../../dist/sandbox/documentum/dql/parser.js";
import { Rig, rels } from "./documentum-rig.ts";

const NOW = Date.parse("2025-03-01T12:00:00Z");

function failureOf(act: () => void): { status: number; details: string } {
  try {
    act();
  } catch (error) {
    return error as { status: number; details: string };
  }
  throw new Error("nothing was thrown");
}

describe("documentum stand-in: DQL parser", () => {
  const where = (text: string): Condition | undefined => parseDql(`select object_name from dm_document where ${text}`, NOW).where;
  const operand = { attribute: "a", any: false };

  const conditions: [string, object][] = [
    ["a = 'x'", { kind: "compare", operand, op: "=", value: { kind: "string", value: "x" } }],
    ["a = 'it''s'", { kind: "compare", operand, op: "=", value: { kind: "string", value: "it's" } }],
    ["a = ''", { kind: "compare", operand, op: "=", value: { kind: "string", value: "" } }],
    ["a <> 1", { kind: "compare", operand, op: "<>", value: { kind: "number", value: 1 } }],
    ["a != -1.5", { kind: "compare", operand, op: "<>", value: { kind: "number", value: -1.5 } }],
    ["a<=2", { kind: "compare", operand, op: "<=", value: { kind: "number", value: 2 } }],
    ["A >= TRUE", { kind: "compare", operand, op: ">=", value: { kind: "boolean", value: true } }],
    ["a = USER", { kind: "compare", operand, op: "=", value: { kind: "user" } }],
    ["any a = 'x'", { kind: "compare", operand: { attribute: "a", any: true }, op: "=", value: { kind: "string", value: "x" } }],
    [
      "lower(a) = 'x'",
      { kind: "compare", operand: { attribute: "a", any: false, fold: "lower" }, op: "=", value: { kind: "string", value: "x" } },
    ],
    [
      "a in ('x', 'y')",
      {
        kind: "in",
        operand,
        values: [
          { kind: "string", value: "x" },
          { kind: "string", value: "y" },
        ],
      },
    ],
    ["any a in ('x')", { kind: "in", operand: { attribute: "a", any: true }, values: [{ kind: "string", value: "x" }] }],
    ["a not in (1)", { kind: "not", inner: { kind: "in", operand, values: [{ kind: "number", value: 1 }] } }],
    ["a like '50\\% %' escape '\\'", { kind: "like", operand, pattern: "50\\% %", escape: "\\" }],
    ["a is null", { kind: "null", operand, what: "null" }],
    ["a is not null", { kind: "not", inner: { kind: "null", operand, what: "null" } }],
    ["a is nullstring", { kind: "null", operand, what: "nullstring" }],
    ["a is not nulldate", { kind: "not", inner: { kind: "null", operand, what: "nulldate" } }],
    ["folder('/Temp')", { kind: "folder", places: [{ path: "/Temp" }], descend: false }],
    ["FOLDER('/a', ID('0b00'), DESCEND)", { kind: "folder", places: [{ path: "/a" }, { id: "0b00" }], descend: true }],
    ["type(dm_folder)", { kind: "type", name: "dm_folder" }],
    ["a > date('2024-02-29')", { kind: "compare", operand, op: ">", value: { kind: "date", at: Date.UTC(2024, 1, 29) } }],
    [
      "a > date('2024-02-29T10:11:12Z')",
      { kind: "compare", operand, op: ">", value: { kind: "date", at: Date.UTC(2024, 1, 29, 10, 11, 12) } },
    ],
    [
      "a > date('02/29/2024 10:11:12')",
      { kind: "compare", operand, op: ">", value: { kind: "date", at: Date.UTC(2024, 1, 29, 10, 11, 12) } },
    ],
    ["a > date('29.02.24', 'dd.mm.yy')", { kind: "fails" }],
    ["a > date('29-02-2024','dd-mm-yyyy')", { kind: "compare", operand, op: ">", value: { kind: "date", at: Date.UTC(2024, 1, 29) } }],
    ["a < date(today)", { kind: "compare", operand, op: "<", value: { kind: "date", at: Date.UTC(2025, 2, 1) } }],
    ["a < date(now)", { kind: "compare", operand, op: "<", value: { kind: "date", at: NOW } }],
    ["a > date('2024-02-30')", { kind: "fails" }],
    [
      "a = 1 or b = 2 and not c = 3",
      {
        kind: "or",
        parts: [
          { kind: "compare", operand },
          { kind: "and", parts: [{ operand: { attribute: "b" } }, { kind: "not", inner: { operand: { attribute: "c" } } }] },
        ],
      },
    ],
    ["(a = 1 or b = 2) and c = 3", { kind: "and", parts: [{ kind: "or" }, { operand: { attribute: "c" } }] }],
    [
      "a between 1 and 2 and b = 3",
      { kind: "and", parts: [{ kind: "and", parts: [{ op: ">=" }, { op: "<=" }] }, { operand: { attribute: "b" } }] },
    ],
    ["((a = 1))", { kind: "compare" }],
  ];
  for (const [text, expected] of conditions) {
    it(`reads ${text}`, () => {
      if ("kind" in expected && expected.kind === "fails") failureOf(() => where(text)).status.should.equal(400);
      else should(where(text)).containDeep(expected);
    });
  }

  const queries: [string, object][] = [
    ["select * from dm_document", { type: "dm_document", allVersions: false, distinct: false, orderBy: [] }],
    ["SELECT count(*) FROM dm_document (ALL)", { columns: [{ aggregate: "count", name: "count(*)" }], allVersions: true }],
    ["select count(*) as n from dm_document", { columns: [{ aggregate: "count", name: "n" }] }],
    [
      "select distinct a, b as c from t",
      {
        distinct: true,
        columns: [
          { attribute: "a", name: "a" },
          { attribute: "b", name: "c" },
        ],
      },
    ],
    [
      "select d.a from t d where d.b = 1 order by d.a desc, 1",
      {
        columns: [{ attribute: "a" }],
        orderBy: [
          { column: "a", descending: true },
          { column: 1, descending: false },
        ],
      },
    ],
    ["select a from t(all) x where x.b = 1", { allVersions: true, where: { operand: { attribute: "b" } } }],
    ["select a from t order by a asc enable(return_top 5, noftdql)", { top: 5 }],
    ["select a\n\tfrom t\r\nwhere b='c'", { type: "t" }],
    [
      "select a, max(b) from t group by a order by 2",
      { groupBy: ["a"], columns: [{ attribute: "a" }, { aggregate: "max", name: "max(b)" }] },
    ],
    ["select count(distinct a) from t", { columns: [{ aggregate: "count", attribute: "a", distinct: true }] }],
    ["select a from t where b in (select c from u where d = 1)", { where: { kind: "in-select", query: { type: "u" } } }],
    [
      "select a from t search document contains 'x y' where b = 1",
      { where: { kind: "and", parts: [{ kind: "compare" }, { kind: "full-text" }] } },
    ],
    ["select count from t", { columns: [{ attribute: "count" }] }],
  ];
  for (const [text, expected] of queries) {
    it(`reads ${text.replace(/\s+/g, " ")}`, () => {
      should(parseDql(text, NOW)).containDeep(expected);
    });
  }
  it("has no columns for *", () => should(parseDql("select * from t", NOW).columns).equal(undefined));

  const malformed = [
    "",
    "select",
    "select a",
    "select a from",
    "select a, from t",
    "select from t",
    "select a from t where",
    "select a from t where a",
    "select a from t where a =",
    "select a from t where a = 'x",
    'select a from t where a = "x"',
    "select a from t where (a = 1",
    "select a from t where a = 1)",
    "select a from t where a in ()",
    "select a from t where a in 'x'",
    "select a from t where a like 1",
    "select a from t where a is",
    "select a from t where folder()",
    "select a from t where folder(descend)",
    "select a from t where a = 1 and",
    "select a from t where a == 1",
    "select a from t order a",
    "select a from t enable(return_top)",
    "select a from t enable(no_such_hint)",
    "select a from t where a = 1; select b from t",
    "select b from t group by a",
    "select * from t group by a",
    "select a from t group a",
    "select a from t where b in (select c from u",
    "select count(*) from t having count(*) > 1",
    "select a from t search document 'x'",
    "select a, count(*) from t",
    "select a from t union select b from t",
    "update dm_document objects set title = 'x'",
    "delete dm_document objects",
    "create dm_document object",
    "execute get_path",
  ];
  for (const text of malformed) {
    it(`refuses ${text || "nothing"}`, () => {
      const failure = failureOf(() => parseDql(text, NOW));
      failure.status.should.equal(400);
      failure.details.should.match(/^\((DM_QUERY_E_\w+)\) \[\1\]error: {2}"/);
    });
  }
});

describe("documentum stand-in: DQL", () => {
  let rig: Rig;
  let temp: string;
  let inner: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
    inner = (await rig.post(`/folders/${temp}/folders`, { properties: { object_name: "inner" } })).body.properties.r_object_id as string;
    const statements: [string, Record<string, unknown>][] = [
      [
        temp,
        {
          object_name: "s1",
          customer_number: "C-1",
          total_amount: 10,
          pages: 1,
          statement_date: "2024-01-31T00:00:00.000+00:00",
          tags: ["red", "blue"],
          is_final: true,
        },
      ],
      [
        temp,
        {
          object_name: "s2",
          customer_number: "C-2",
          total_amount: 20.5,
          pages: 2,
          statement_date: "2024-02-29T00:00:00.000+00:00",
          tags: ["blue"],
        },
      ],
      [inner, { object_name: "s3", customer_number: "C-1", total_amount: -3, pages: 3 }],
      [inner, { object_name: "O'Neil_100%", customer_number: "c-3", title: "Ünïcode" }],
    ];
    for (const [folder, properties] of statements) {
      await rig.post(`/folders/${folder}/documents`, { properties: { r_object_type: "demo_statement", ...properties } });
    }
  });
  after(() => rig.stop());

  const names = async (condition: string): Promise<unknown[]> =>
    (await rig.dql(`select object_name from demo_statement where ${condition}`)).map(({ object_name }) => object_name);

  const results: [string, string[]][] = [
    ["customer_number = 'C-1'", ["s1", "s3"]],
    ["customer_number = 'c-1'", []],
    ["upper(customer_number) = 'C-3'", ["O'Neil_100%"]],
    ["customer_number <> 'C-1'", ["s2", "O'Neil_100%"]],
    ["customer_number in ('C-2','c-3')", ["s2", "O'Neil_100%"]],
    ["not customer_number in ('C-2','c-3')", ["s1", "s3"]],
    ["object_name = 'O''Neil_100%'", ["O'Neil_100%"]],
    ["object_name like 'O''%'", ["O'Neil_100%"]],
    ["object_name like '%\\_100\\%' escape '\\'", ["O'Neil_100%"]],
    ["object_name like 's_'", ["s1", "s2", "s3"]],
    ["object_name like '.*'", []],
    ["title = 'Ünïcode'", ["O'Neil_100%"]],
    ["total_amount > 10", ["s2"]],
    ["total_amount >= 10 and pages < 2", ["s1"]],
    ["total_amount = 0", ["O'Neil_100%"]],
    ["total_amount between -5 and 10 and pages <> 0", ["s1", "s3"]],
    ["statement_date > date('2024-01-31')", ["s2"]],
    ["statement_date = date('31.01.2024','dd.mm.yyyy')", ["s1"]],
    ["statement_date is nulldate", ["s3", "O'Neil_100%"]],
    ["statement_date is not null", ["s1", "s2"]],
    ["title is nullstring", ["s1", "s2", "s3"]],
    ["channel is not nullstring", []],
    ["any tags = 'blue'", ["s1", "s2"]],
    ["any tags in ('red','green')", ["s1"]],
    ["any tags like 'b%' and not any tags = 'red'", ["s2"]],
    ["any tags is null", ["s3", "O'Neil_100%"]],
    ["is_final = true", ["s1"]],
    ["is_final = 0 and pages > 0", ["s2", "s3"]],
    ["folder('/Temp')", ["s1", "s2"]],
    ["folder('/Temp', descend)", ["s1", "s2", "s3", "O'Neil_100%"]],
    ["folder('/Temp/inner') and customer_number = 'C-1'", ["s3"]],
    ["folder('/nowhere', descend)", []],
    ["customer_number = 'C-2' or folder('/Temp/inner')", ["s2", "s3", "O'Neil_100%"]],
    ["(customer_number = 'C-2' or pages = 3) and total_amount < 0", ["s3"]],
    ["owner_name = user and pages = 1", ["s1"]],
    ["type(demo_statement) and pages = 1", ["s1"]],
    ["r_object_type = 'demo_statement' and pages = 1", ["s1"]],
  ];
  for (const [condition, expected] of results) {
    it(`finds by ${condition}`, async () => {
      (await names(condition)).sort().should.eql([...expected].sort());
    });
  }

  it("finds by folder id and object id", async () => {
    (await names(`any i_folder_id = '${inner}'`)).should.eql(["s3", "O'Neil_100%"]);
    const [row] = await rig.dql("select r_object_id from demo_statement where object_name = 's2'");
    (await names(`r_object_id = '${row?.r_object_id}'`)).should.eql(["s2"]);
    (await names(`r_object_id in ('${row?.r_object_id}', '090d0cb1ffffffff')`)).should.eql(["s2"]);
  });

  it("selects types with their sub types, aliases, everything and counts", async () => {
    (await rig.dql("select count(*) from dm_document where folder('/Temp', descend)")).should.eql([{ "count(*)": 4 }]);
    (await rig.dql("select count(*) as n from demo_asset")).should.eql([{ n: 1 }]);
    (await rig.dql("select s.object_name as name, s.tags from demo_statement s where s.pages = 1")).should.eql([
      { name: "s1", tags: ["red", "blue"] },
    ]);
    const [all] = await rig.dql("select * from demo_statement where pages = 1");
    Object.keys(all ?? {}).length.should.equal(87 + 3 + 11);
    (await rig.dql("select distinct customer_number from demo_statement")).length.should.equal(3);
    (await rig.dql("select name from dm_format where mime_type = 'application/pdf'")).should.eql([{ name: "pdf" }]);
    (await rig.dql("select user_name from dm_user where user_name = USER")).should.eql([{ user_name: "demo" }]);
  });

  it("orders, limits and pages", async () => {
    const list = async (query: string, more = "") => (await rig.dql(query, more)).map(({ object_name }) => object_name);
    const all = "select object_name, total_amount from demo_statement";
    (await list(`${all} order by total_amount desc`)).should.eql(["s2", "s1", "s3", "O'Neil_100%"]);
    (await list(`${all} order by 1`)).should.eql(["O'Neil_100%", "s1", "s2", "s3"]);
    (await list(`${all} order by customer_number, object_name desc`)).should.eql(["s3", "s1", "s2", "O'Neil_100%"]);
    (await list(`${all} order by object_name enable(return_top 2)`)).should.eql(["O'Neil_100%", "s1"]);
    (await list(`${all} order by object_name`, "&items-per-page=3&page=2")).should.eql(["s3"]);
    const query = `?dql=${encodeURIComponent(`${all} order by object_name`)}&items-per-page=3`;
    const { body } = await rig.get(query);
    rels(body).should.eql(["self", "next", "first"]);
    const next = body.links.find(({ rel }) => rel === "next")?.href as string;
    (await rig.get(next)).body.entries?.map(({ content }) => content.properties.object_name).should.eql(["s3"]);
  });

  it("has rows as captured, linked only when r_object_id is selected", async () => {
    const linked = await rig.get(
      `?dql=${encodeURIComponent("select r_object_id, object_name, total_amount from demo_statement where pages = 1")}`,
    );
    const [entry] = linked.body.entries ?? [];
    const id = entry?.content.properties.r_object_id;
    should(entry?.links).eql([{ rel: "edit", href: `${rig.repository}/objects/${id}` }]);
    should(entry?.content["json-root"]).equal("query-result");
    should(entry?.content.definition).equal(`${rig.repository}/types/demo_statement`);
    should(entry?.content.src).equal(`${rig.repository}/objects/${id}`);
    linked.text.should.containEql('"total_amount":10.0');
    const [plain] =
      (await rig.get(`?dql=${encodeURIComponent("select object_name from demo_statement where pages = 1")}`)).body.entries ?? [];
    should(plain?.links).eql([]);
    should(plain?.content).not.have.property("src");
    (await rig.get(`?dql=${encodeURIComponent("select object_name from demo_statement where pages = 99")}`)).body.should.not.have.property(
      "entries",
    );
  });

  const refusals: [string, string][] = [
    ["select object_name from no_type", "DM_QUERY_E_TABLE_NOT_FOUND"],
    ["select nothing from dm_document", "DM_QUERY_E_NOT_ATTR"],
    ["select object_name from dm_document where nothing = 1", "DM_QUERY_E_NOT_ATTR"],
    ["select object_name from dm_document where customer_number = '1'", "DM_QUERY_E_NOT_ATTR"],
    ["select object_name from dm_document where keywords = 'x'", "DM_QUERY_E_REPEATING_USED"],
    ["select object_name from dm_document where any title = 'x'", "DM_QUERY_E_NOT_REPEATING"],
    ["select object_name from dm_document where title = 5", "DM_QUERY_E_TYPE_MISMATCH"],
    ["select object_name from dm_document where r_page_cnt = '5'", "DM_QUERY_E_TYPE_MISMATCH"],
    ["select object_name from dm_document where r_page_cnt like '5'", "DM_QUERY_E_TYPE_MISMATCH"],
    ["select object_name from dm_document order by 3", "DM_QUERY_E_ORDER_BY"],
    ["update dm_document objects set title = 'x'", "DM_QUERY_E_NOT_SELECT"],
    ["select object_name from dm_document where", "DM_QUERY_E_SYNTAX"],
  ];
  for (const [query, id] of refusals) {
    it(`refuses ${query}`, async () => {
      const { status, body } = await rig.get(`?dql=${encodeURIComponent(query)}`);
      status.should.equal(400);
      body.details.should.containEql(id);
    });
  }

  for (const [query, message] of [
    ["select no_such, count(*) from dm_document group by no_such", /DM_QUERY_E_NOT_ATTR/],
    ["select keywords, count(*) from dm_document group by keywords", /DM_QUERY_E_REPEATING_USED/],
    ["select sum(object_name) from dm_document", /DM_QUERY_E_TYPE_MISMATCH/],
    ["select count(*) from dm_document order by object_name", /DM_QUERY_E_ORDER_BY/],
    ["select title from dm_document where r_object_id in (select a, b from dm_relation)", /DM_QUERY_E_NOT_ATTR|DM_QUERY_E_SUBQUERY/],
    ["select title from dm_document where r_object_id in (select child_id, parent_id from dm_relation)", /DM_QUERY_E_SUBQUERY/],
    ["select title from dm_document where r_object_id in (select x from no_type)", /DM_QUERY_E_TABLE_NOT_FOUND/],
  ] as const) {
    it(`refuses ${query}`, async () => {
      const answer = await rig.get(`?dql=${encodeURIComponent(query)}`);
      answer.status.should.equal(400);
      answer.body.details.should.match(message);
    });
  }

  it("groups and aggregates, orders by the result, and counts what is different", async () => {
    const folder = (await rig.post(`/folders/${temp}/folders`, { properties: { object_name: "groups" } })).body.properties
      .r_object_id as string;
    for (const [name, channel, amount, pages] of [
      ["g1", "print", 10.5, 1],
      ["g2", "print", 20, 2],
      ["g3", "email", 30, 3],
      ["g4", "", 0, 3],
    ] as const) {
      await rig.document(folder, name, "x", { r_object_type: "demo_statement", channel, total_amount: amount, pages });
    }
    const at = "from demo_statement where folder('/Temp/groups')";
    (
      await rig.dql(
        `select channel, count(*) as n, sum(pages) as p, avg(total_amount) as a ${at} group by channel order by n desc, channel`,
      )
    ).should.eql([
      { channel: "print", n: 2, p: 3, a: 15.25 },
      { channel: "", n: 1, p: 3, a: 0 },
      { channel: "email", n: 1, p: 3, a: 30 },
    ]);
    (await rig.dql(`select count(*), count(distinct pages), count(channel), min(object_name), max(total_amount) ${at}`)).should.eql([
      { "count(*)": 4, "count(distinct pages)": 3, "count(channel)": 3, "min(object_name)": "g1", "max(total_amount)": 30 },
    ]);
    (await rig.get(`?dql=${encodeURIComponent(`select sum(total_amount) as s ${at}`)}`)).text.should.match(/"s":60\.5/);
    (await rig.dql("select count(*) as n, max(pages) as m from demo_statement where folder('/Nowhere')")).should.eql([{ n: 0, m: 0 }]);
    (await rig.dql(`select pages ${at} group by pages order by 1 desc`)).should.eql([{ pages: 3 }, { pages: 2 }, { pages: 1 }]);
    const entry = (await rig.get(`?dql=${encodeURIComponent(`select channel, count(*) ${at} group by channel`)}`)).body.entries?.[0];
    should(entry?.links).eql([]);
  });

  it("finds by what another query finds, and by words in texts", async () => {
    const [parent, child, other] = (await Promise.all(
      ["sub p", "sub c", "sub o"].map((name) => rig.document(temp, name, `text of ${name}`)),
    )) as [string, string, string];
    await rig.post("/relations", { properties: { relation_name: "demo_related", parent_id: parent, child_id: child } });
    const inside = `(select child_id from dm_relation where parent_id = '${parent}')`;
    (await rig.dql(`select object_name from dm_document where r_object_id in ${inside}`)).should.eql([{ object_name: "sub c" }]);
    (
      await rig.dql(`select object_name from dm_document where object_name like 'sub %' and r_object_id not in ${inside} order by 1`)
    ).should.eql([{ object_name: "sub o" }, { object_name: "sub p" }]);
    (
      await rig.dql(
        `select object_name from dm_document where any i_folder_id in (select r_object_id from dm_folder where object_name = 'Temp') and r_object_id = '${other}'`,
      )
    ).length.should.equal(1);
    (await rig.dql("select object_name from dm_document search document contains '\"text of sub\" c'")).should.eql([
      { object_name: "sub c" },
    ]);
    (await rig.dql("select object_name from dm_document search document contains 'text' where object_name = 'sub o'")).length.should.equal(
      1,
    );
  });

  it("does not let text from outside break out of its quotes", async () => {
    const evil = "x' or 1=1 or 'a'='a";
    (await rig.get(`?dql=${encodeURIComponent(`select object_name from demo_statement where title = '${evil}'`)}`)).status.should.equal(
      400,
    );
    (await names(`title = '${evil.replaceAll("'", "''")}'`)).should.be.empty();
  });
});
