import should from "should";
import { bindDql, buildDql, type DqlCondition, type DqlSelect, dqlLiteral } from "../../dist/clients/documentum/dql-query.js";

const select = (more: Partial<DqlSelect> = {}): string =>
  buildDql({ columns: ["r_object_id"], type: "acme_letter", allVersions: false, match: "all", conditions: [], orderBy: [], ...more });
const condition = (operator: DqlCondition["operator"], value?: unknown, more: Partial<DqlCondition> = {}): string =>
  select({ conditions: [{ attribute: "a", kind: "string", repeating: false, operator, value, ...more }] }).split(" where ")[1] as string;

describe("DQL built from conditions", () => {
  it("selects each column once, those of the order among them, and says which versions", () => {
    select().should.equal("select r_object_id from acme_letter");
    select({
      columns: ["r_object_id", "title"],
      allVersions: true,
      orderBy: [{ attribute: "r_object_id", descending: false }],
    }).should.equal("select r_object_id, title from acme_letter (all) order by r_object_id");
    select({ orderBy: [{ attribute: "b", descending: true }] }).should.equal("select r_object_id, b from acme_letter order by b desc");
  });

  const cases: [string, string][] = [
    [condition("eq", "O'Brien"), "a = 'O''Brien'"],
    [condition("ne", "x"), "a <> 'x'"],
    [condition("lt", "5", { kind: "integer" }), "a < 5"],
    [condition("ge", 2.5, { kind: "double" }), "a >= 2.5"],
    [condition("eq", "TRUE", { kind: "boolean" }), "a = TRUE"],
    [condition("le", "2026-01-31T12:30:00+02:00", { kind: "date" }), "a <= date('2026/01/31 10:30:00', 'yyyy/mm/dd hh:mi:ss')"],
    [condition("gt", Date.UTC(2026, 0, 1), { kind: "date" }), "a > date('2026/01/01 00:00:00', 'yyyy/mm/dd hh:mi:ss')"],
    [condition("eq", "0900000180000001", { kind: "id" }), "a = '0900000180000001'"],
    [condition("begins", "50%_'\\"), "a like '50\\%\\_''\\\\%' escape '\\'"],
    [condition("contains", "x"), "a like '%x%' escape '\\'"],
    [condition("in", "x, y ,"), "a in ('x', 'y')"],
    [condition("in", [1, 2], { kind: "integer" }), "a in (1, 2)"],
    [condition("set"), "a is not NULLSTRING"],
    [condition("empty", undefined, { kind: "date" }), "a is NULLDATE"],
    [condition("eq", "x", { repeating: true }), "any a = 'x'"],
    [condition("ne", "x", { repeating: true }), "not (any a = 'x')"],
    [condition("empty", undefined, { repeating: true }), "not (any a is not NULLSTRING)"],
  ];
  for (const [built, wanted] of cases) it(wanted, () => built.should.equal(wanted));

  it("joins conditions, and keeps a folder beside alternatives", () => {
    const conditions = ["x", "y"].map(
      (value): DqlCondition => ({ attribute: "a", kind: "string", repeating: false, operator: "eq", value }),
    );
    select({ conditions }).should.endWith("where a = 'x' and a = 'y'");
    select({ conditions, match: "any", folder: { place: "/O'B", descend: true } }).should.endWith(
      "where folder('/O''B', descend) and (a = 'x' or a = 'y')",
    );
    select({ folder: { place: "0b00000180000001", descend: false } }).should.endWith("where folder(id('0b00000180000001'))");
  });

  it("refuses names that are none, and values that are missing or unfit, without repeating them", () => {
    should(() => select({ type: "a b" })).throw({ code: "configuration" });
    should(() => select({ columns: ["a, b"] })).throw({ code: "configuration" });
    for (const value of [undefined, null, "", []]) should(() => condition("in", value)).throw({ code: "invalid-message", subject: "a" });
    for (const [kind, value] of [
      ["integer", "1.5"],
      ["double", "secret"],
      ["boolean", "secret"],
      ["date", "secret"],
      ["id", "' or 1=1"],
    ] as const) {
      should(() => dqlLiteral(value, kind, "a")).throw({ code: "invalid-message", message: /^(?!.*secret)/ });
    }
    should(() => condition("eq", "a\nb")).throw(/control characters/);
  });
});

describe("DQL with values for names", () => {
  it("writes values by what they are, and leaves alone what stands in quotes", () => {
    const statement = "SELECT r_object_id FROM t WHERE a=:a AND b IN (:b) AND c>:c AND d=:d AND e=':a' AND f='it''s :a' AND g=:g";
    const values = { a: "O'Brien", b: ["x", 2], c: 1.5, d: true, g: new Date(0) };
    bindDql(statement, values).should.equal(
      "SELECT r_object_id FROM t WHERE a='O''Brien' AND b IN ('x', 2) AND c>1.5 AND d=TRUE AND e=':a' AND f='it''s :a' AND g=date('1970/01/01 00:00:00', 'yyyy/mm/dd hh:mi:ss')",
    );
  });

  it("cannot be broken out of", () => {
    bindDql("select a from b where c=:c", { c: "' or 'x'='x" }).should.equal("select a from b where c=''' or ''x''=''x'");
    bindDql("select a from b where c=:c and d=:d", { c: ":d", d: "x" }).should.equal("select a from b where c=':d' and d='x'");
  });

  it("refuses what is no SELECT, and names without a value", () => {
    should(() => bindDql("delete dm_document objects", {})).throw({ code: "configuration" });
    should(() => bindDql("select a from b where c=:c", {})).throw({ code: "invalid-message", subject: "c" });
    should(() => bindDql("select a from b where c=:constructor", {})).throw({ code: "invalid-message" });
    should(() => bindDql("select a from b where c in (:c)", { c: [] })).throw({ code: "invalid-message" });
  });
});
