import should from "should";
import { completeQueryRow, needsValue, type QueryRow, queryProblems } from "../../nodes/editor/query-rows.ts";

const good: QueryRow = completeQueryRow({ name: "customer_number", value: "4711" });

function found(kind: "conditions" | "binds", ...rows: Partial<QueryRow>[]): [row: number, field: string, key: string][] {
  return queryProblems(
    rows.map((row) => ({ ...good, ...row })),
    kind,
  ).map(({ row, field, key }) => [row, field, key]);
}

describe("rows of a query", () => {
  it("are complete from nothing, and keep what was saved", () => {
    completeQueryRow().should.eql({ name: "", operator: "eq", valueKind: "str", value: "" });
    const saved: QueryRow = { name: "a", operator: "in", valueKind: "jsonata", value: "payload.list" };
    completeQueryRow(saved).should.eql(saved);
  });

  it("need no value where the comparison has none", () => {
    needsValue(good).should.be.true();
    for (const operator of ["set", "empty"] as const) {
      needsValue({ ...good, operator }).should.be.false();
      found("conditions", { operator, value: "" }).should.eql([]);
    }
  });

  it("name every problem with its row and its field", () => {
    found("conditions", {}, { name: "" }, { name: "a b" }, { value: " " }).should.eql([
      [1, "name", "missing"],
      [2, "name", "identifier"],
      [3, "value", "missing"],
    ]);
    found("binds", { valueKind: "num", value: "many" }).should.eql([[0, "value", "number"]]);
  });

  it("compare one attribute twice, but give one name one value", () => {
    found("conditions", {}, {}).should.eql([]);
    found("binds", {}, {}).should.eql([[1, "name", "bindTwice"]]);
  });

  it("have templates over the whole message", () => {
    for (const value of ["{{payload.customer}}", "{{document.metadata.customer}}", "{{{payload}}}"]) {
      found("conditions", { valueKind: "template", value }).should.eql([]);
    }
    found("conditions", { valueKind: "template", value: "{{msg.payload}}" }).should.eql([[0, "value", "pathPrefix"]]);
    found("conditions", { valueKind: "template", value: "{{payload" }).should.eql([[0, "value", "template"]]);
    should(queryProblems([], "conditions")).eql([]);
  });
});
