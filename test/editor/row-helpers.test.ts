import should from "should";
import type { TargetAttribute } from "../../dist/core/mapping/types.js";
import { rowsFromCsv } from "../../nodes/editor/csv-rows.ts";
import { completeRow } from "../../nodes/editor/mapping-rows.ts";
import { pathsOf, suggestRows } from "../../nodes/editor/suggest.ts";

const attribute = (name: string, more: Partial<TargetAttribute> = {}): TargetAttribute => ({
  name,
  type: "string",
  repeating: false,
  required: false,
  ...more,
});
const sample = {
  id: "d1",
  source: { customerNumber: "4711", jobId: "j" },
  metadata: { Account_Number: "DE1", period: { from: "2026-01" }, tags: ["a", "b"], jobId: "k" },
};

describe("suggested rows", () => {
  const type = (...attributes: TargetAttribute[]) => ({ name: "t", attributes });
  const paths = pathsOf(sample);

  it("know every plain value of the sample, lists as one", () => {
    should(paths).eql([
      "id",
      "source.customerNumber",
      "source.jobId",
      "metadata.Account_Number",
      "metadata.period.from",
      "metadata.tags",
      "metadata.jobId",
    ]);
    should(pathsOf(undefined)).be.empty();
  });

  it("match names whatever their spelling, by the last name or the last two", () => {
    const rows = suggestRows(type(attribute("customer_number"), attribute("account_number"), attribute("period_from")), [], paths);
    should(rows.map((row) => [row.attribute, row.source, row.ifEmpty])).eql([
      ["customer_number", "source.customerNumber", "skip"],
      ["account_number", "metadata.Account_Number", "skip"],
      ["period_from", "metadata.period.from", "skip"],
    ]);
  });

  it("do not guess between two paths, but remind of what is required", () => {
    const rows = suggestRows(type(attribute("job_id", { required: true }), attribute("other")), [], paths);
    should(rows).eql([completeRow({ attribute: "job_id" })]);
    should(suggestRows(type(attribute("job_id")), [], paths)).be.empty();
  });

  it("quarantine a document without a required value", () => {
    should(suggestRows(type(attribute("tags", { required: true })), [], paths)[0]?.ifEmpty).equal("quarantine");
  });

  it("leave alone what is mapped already and what only the target sets", () => {
    const mapped = [completeRow({ attribute: "tags", source: "metadata.tags" })];
    should(suggestRows(type(attribute("tags"), attribute("id", { readOnly: true })), mapped, paths)).be.empty();
  });
});

describe("rows from a CSV file", () => {
  it("are read whatever the separator and the order of the columns", () => {
    const expected = [
      completeRow({ attribute: "customer_number", source: "source.customerNumber" }),
      completeRow({ attribute: "title", source: 'Statement "{{metadata.period}}"', sourceKind: "template", ifEmpty: "skip" }),
    ];
    const comma =
      '\uFEFFattribute,source,sourceKind,ifEmpty\ncustomer_number,source.customerNumber,,\ntitle,"Statement ""{{metadata.period}}""",template,skip\n';
    should(rowsFromCsv(comma)).eql({ rows: expected });
    const semicolon =
      'IFEMPTY;sourcekind;Source;Attribute\r\n;;source.customerNumber;customer_number\r\nskip;template;"Statement ""{{metadata.period}}""";title\r\n\r\n';
    should(rowsFromCsv(semicolon)).eql({ rows: expected });
  });

  it("are refused as a whole with every line that is wrong", () => {
    should(rowsFromCsv("attribute,source,ifEmpty\na,b,drop\nc,d,skip\ne,f,never\n")).match({
      problems: [
        { key: "csvValue", values: { line: 2, column: "ifEmpty" } },
        { key: "csvValue", values: { line: 4 } },
      ],
    });
    should(rowsFromCsv("name;value\na;b\n")).match({ problems: [{ key: "csvColumns", values: { columns: "attribute, source" } }] });
    should(rowsFromCsv("")).match({ problems: [{ key: "csvColumns" }] });
  });
});
