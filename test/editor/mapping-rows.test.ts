import should from "should";
import { completeRow, hasDetails, type Row, rowProblems } from "../../nodes/editor/mapping-rows.ts";

const good: Row = completeRow({ attribute: "customer_number", source: "source.customerNumber" });

function found(...rows: Partial<Row>[]): [row: number, field: string, key: string][] {
  return rowProblems(rows.map((row) => ({ ...good, ...row }))).map(({ row, field, key }) => [row, field, key]);
}

describe("rows of the mapper", () => {
  it("are complete from nothing, and keep what was saved", () => {
    completeRow().should.eql({
      attribute: "",
      sourceKind: "property",
      source: "",
      ifEmpty: "quarantine",
      fallback: "",
      dateFormat: "",
      decimal: "",
    });
    const saved: Row = {
      attribute: "a",
      sourceKind: "jsonata",
      source: "1",
      ifEmpty: "default",
      fallback: "x",
      dateFormat: "dd.MM.yyyy",
      decimal: ",",
    };
    completeRow(saved).should.eql(saved);
  });

  it("are fine when they name an attribute and a source", () => {
    found({}).should.eql([]);
    found({ sourceKind: "template", source: "Statement {{metadata.accountNumber}}" }).should.eql([]);
    found({ sourceKind: "constant", source: "statement" }).should.eql([]);
    found({ sourceKind: "jsonata", source: "document.metadata.lines[0]" }).should.eql([]);
  });

  it("name every problem with its row and its field", () => {
    found({}, { attribute: "", source: "" }).should.eql([
      [1, "attribute", "missing"],
      [1, "source", "missing"],
    ]);
    found({ attribute: "a b" }).should.eql([[0, "attribute", "identifier"]]);
    found({ sourceKind: "template", source: "{{a" }).should.eql([[0, "source", "template"]]);
    found({ source: "msg.document.key" }).should.eql([[0, "source", "pathPrefix"]]);
    found({ ifEmpty: "default" }).should.eql([[0, "fallback", "rowFallback"]]);
    found({ dateFormat: "DD.MM.YY" }).should.eql([[0, "dateFormat", "dateFormat"]]);
  });

  it("fill an attribute once; the second row names the first", () => {
    found({}, { attribute: "other" }, {}).should.eql([[2, "attribute", "rowTwice"]]);
    should(rowProblems([good, good])[0]?.values).eql({ attribute: "customer_number", first: 1 });
  });

  it("open their details when there is something in them", () => {
    hasDetails(good).should.equal(false);
    for (const more of [{ ifEmpty: "default" }, { dateFormat: "dd.MM.yyyy" }, { decimal: "," }] as Partial<Row>[]) {
      hasDetails({ ...good, ...more }).should.equal(true);
    }
  });
});
