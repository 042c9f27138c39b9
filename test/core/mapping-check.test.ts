import should from "should";
import { checkRows } from "../../dist/core/mapping/check.js";
import type { MappingRow } from "../../dist/core/mapping/rules.js";
import type { TargetAttribute } from "../../dist/core/mapping/types.js";

const attribute = (name: string, extra: Partial<TargetAttribute> = {}): TargetAttribute => ({
  name,
  type: "string",
  repeating: false,
  required: false,
  ...extra,
});
const type = {
  name: "t",
  attributes: [
    attribute("title", { required: true, length: 5 }),
    attribute("pages", { type: "integer" }),
    attribute("authors", { repeating: true }),
    attribute("lang", { allowedValues: ["de"] }),
    attribute("owner", { required: true, readOnly: true }),
  ],
};
const row = (name: string, extra: Partial<MappingRow> = {}): MappingRow => ({
  attribute: name,
  source: { kind: "property", value: "metadata.x" },
  ifEmpty: "skip",
  ...extra,
});
const constant = (name: string, value: string, valueType: "str" | "num" | "json" = "str") =>
  row(name, { source: { kind: "constant", value, valueType } });
const check = (rows: MappingRow[], of: typeof type | undefined = type) =>
  checkRows([row("title"), ...rows], of).map(({ row: at, error }) => `${at ?? "-"} ${error.subject} ${error.code}`);

describe("check of mapping rows without data", () => {
  it("finds nothing wrong with good rows", () => {
    should(check([constant("pages", "3", "num"), row("authors"), row("authors"), constant("lang", "de")])).eql([]);
    should(check([row("pages", { source: { kind: "template", value: "{{a}}" }, convert: { decimal: ",", codes: { a: "1" } } })])).eql([]);
    should(check([row("lang"), row("lang")])).eql([]);
    should(checkRows([row("anything")], undefined)).eql([]);
  });

  it("names unknown, read-only and unmapped attributes", () => {
    should(check([row("titel"), row("owner"), row(" ")])).eql([
      "1 titel unknown-attribute",
      "2 owner invalid-metadata",
      "3   configuration",
    ]);
    should(checkRows([], type).map(({ row: at, error }) => [at, error.subject, error.code])).eql([
      [undefined, "title", "missing-metadata"],
    ]);
  });

  it("finds constants, defaults and codes that cannot fit", () => {
    should(check([constant("pages", "three")])).eql(["1 pages wrong-type"]);
    should(check([constant("pages", "three", "num")])).eql(["1 pages configuration"]);
    should(check([constant("lang", "fr")])).eql(["1 lang invalid-metadata"]);
    should(check([constant("pages", "[1,2]", "json")])).eql(["1 pages not-repeating"]);
    should(check([row("lang", { ifEmpty: "default", default: "fr" })])).eql(["1 lang invalid-metadata"]);
    should(check([row("lang", { ifEmpty: "default" })])).eql(["1 lang configuration"]);
    should(check([row("lang", { convert: { codes: { a: "de", b: "fr" } } })])).eql(["1 lang invalid-metadata"]);
    should(check([{ ...constant("lang", ""), ifEmpty: "quarantine" }])).eql(["1 lang missing-metadata"]);
    should(checkRows([constant("title", "too long")], type)[0]?.error.message)
      .containEql("at most 5")
      .and.not.containEql("too long");
  });

  it("finds sources and conversions that cannot work", () => {
    should(check([row("pages", { source: { kind: "template", value: "{{a" } })])).eql(["1 pages template"]);
    should(check([row("pages", { source: { kind: "property", value: " " } })])).eql(["1 pages configuration"]);
    should(check([row("lang", { convert: { dateFormat: "dd.MM.yy" } })])).eql(["1 lang configuration"]);
    should(check([row("lang", { convert: { split: "," } })])).eql(["1 lang not-repeating"]);
  });

  it("finds rows that would overwrite each other", () => {
    should(check([constant("lang", "de"), row("lang")])).eql(["2 lang not-repeating"]);
    should(check([row("lang"), row("lang", { ifEmpty: "default", default: "de" })])).eql(["2 lang not-repeating"]);
  });
});
