import should from "should";
import { coerce } from "../../dist/core/mapping/coerce.js";
import { constantValue } from "../../dist/core/mapping/constant.js";
import { dateOfEpoch, formattedDate, isDateFormat, isoDate } from "../../dist/core/mapping/dates.js";
import type { Conversion } from "../../dist/core/mapping/rules.js";
import type { AttributeType } from "../../dist/core/mapping/types.js";
import { errorOf, seeded } from "./intake-support.ts";

/** The value, or undefined when it is refused. */
const as = (type: AttributeType, value: unknown, convert?: Conversion) => {
  const found = coerce(value, type, convert);
  return "value" in found ? found.value : undefined;
};

describe("values of attributes", () => {
  const table: [AttributeType, unknown, unknown, Conversion?][] = [
    ["string", "a", "a"],
    ["string", 12.5, "12.5"],
    ["string", false, "false"],
    ["string", { a: 1 }, undefined],
    ["string", Number.NaN, undefined],
    ["string", new Date("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05.000+00:00"],
    ["integer", 12, 12],
    ["integer", " -12 ", -12],
    ["integer", "12.0", 12],
    ["integer", "12.5", undefined],
    ["integer", "", undefined],
    ["integer", "0x10", undefined],
    ["integer", "1 000", undefined],
    ["integer", "1.000", 1],
    ["integer", "1.000", 1000, { decimal: "," }],
    ["integer", "9007199254740993", undefined],
    ["integer", true, undefined],
    ["integer", null, undefined],
    ["integer", [], undefined],
    ["double", "1e3", 1000],
    ["double", "1.234,56", 1234.56, { decimal: "," }],
    ["double", "1234,5", 1234.5, { decimal: "," }],
    ["double", "1,234.5", 1234.5, { decimal: "." }],
    ["double", "1.23,5", undefined, { decimal: "," }],
    ["double", "1.234.5", undefined, { decimal: "." }],
    ["double", "1,5", undefined],
    ["double", "Infinity", undefined],
    ["double", "1e999", undefined],
    ["boolean", "TRUE", true],
    ["boolean", "No", false],
    ["boolean", 1, true],
    ["boolean", "0", false],
    ["boolean", "ja", undefined],
    ["boolean", 2, undefined],
    ["boolean", ["true"], undefined],
    ["date", "2026-01-31", "2026-01-31T00:00:00.000+00:00"],
    ["date", "31.01.2026", undefined],
    ["date", "31.01.2026", "2026-01-31T00:00:00.000+00:00", { dateFormat: "dd.MM.yyyy" }],
    ["date", 1_767_225_600_000, "2026-01-01T00:00:00.000+00:00"],
    ["date", "1767225600000", undefined],
    ["date", true, undefined],
    ["id", "0900000A80001234", "0900000a80001234"],
    ["id", "0900000A8000123", undefined],
    ["id", 900000, undefined],
  ];
  for (const [type, value, expected, convert] of table) {
    it(`${type}: ${JSON.stringify(value)} ${convert ? JSON.stringify(convert) : ""} -> ${JSON.stringify(expected) ?? "refused"}`, () => {
      should(as(type, value, convert)).equal(expected);
    });
  }

  it("say the rule, never the value", () => {
    for (const type of ["integer", "double", "boolean", "date", "id"] as const) {
      const found = coerce("secret-value", type, {});
      should("rule" in found && found.rule)
        .match(/must be .*\.$/)
        .and.not.match(/secret/);
    }
  });
});

describe("dates", () => {
  it("keep an offset that was given", () => {
    should(isoDate("2023-02-09T10:15:00.000+0530")).equal("2023-02-09T10:15:00.000+05:30");
    should(isoDate("2023-02-09T10:15:00,5-03")).equal("2023-02-09T10:15:00.500-03:00");
    should(isoDate("2023-02-09 10:15")).equal("2023-02-09T10:15:00.000+00:00");
    should(isoDate("2023-02-09T10:15:00.123456Z")).equal("2023-02-09T10:15:00.123+00:00");
  });

  it("refuse what is no day or time", () => {
    const wrong = ["2026-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "2026-01-01T24:00", "2026-01-01T10:60", "2026-01-01T10:00:60"];
    for (const text of [...wrong, "2026-01-01T10:00+15:00", "2026-1-1", "2026-01-01Z", "x2026-01-01", ""])
      should(isoDate(text)).be.undefined();
    should(isoDate("2024-02-29")).equal("2024-02-29T00:00:00.000+00:00");
    should(isoDate("0099-01-01")).equal("0099-01-01T00:00:00.000+00:00");
    should(dateOfEpoch(Number.NaN)).be.undefined();
    should(dateOfEpoch(1e20)).be.undefined();
  });

  it("are read in a format of tokens", () => {
    should(formattedDate("01/31/2026 23:59:58", "MM/dd/yyyy HH:mm:ss")).equal("2026-01-31T23:59:58.000+00:00");
    should(formattedDate("20260131", "yyyyMMdd")).equal("2026-01-31T00:00:00.000+00:00");
    should(formattedDate("2026-01-31T10:00Z", "yyyy-MM-ddTHH:mmZ")).equal("2026-01-31T10:00:00.000+00:00");
    should(formattedDate("31x01x2026", "dd.MM.yyyy")).be.undefined();
    should(formattedDate("31.02.2026", "dd.MM.yyyy")).be.undefined();
    should(formattedDate("1.2.2026", "dd.MM.yyyy")).be.undefined();
    should(formattedDate("(31)*01+2026", "(dd)*MM+yyyy")).equal("2026-01-31T00:00:00.000+00:00");
  });

  it("know which formats can be read", () => {
    for (const good of ["dd.MM.yyyy", "yyyy-MM-dd HH:mm:ss", "yyyyMMdd"]) should(isDateFormat(good)).be.true();
    for (const bad of ["", "dd.MM.yy", "MM/yyyy", "dd.MM.yyyy dd", "dd. MMM yyyy", "DD.MM.YYYY", "d.M.yyyy"])
      should(isDateFormat(bad)).be.false();
  });

  it("survive a round through ISO 8601 for any moment", () => {
    const random = seeded(7);
    for (let run = 0; run < 2000; run++) {
      const moment = new Date(random.below(4_000_000) * 1_000_000 + random.below(1_000_000));
      const written = isoDate(moment.toISOString()) ?? "";
      should(new Date(written).getTime()).equal(moment.getTime());
      should(isoDate(written)).equal(written);
      should(dateOfEpoch(moment.getTime())).equal(written);
    }
  });
});

describe("constants", () => {
  it("stand for values of their type", () => {
    should(constantValue({ value: "12" })).equal("12");
    should(constantValue({ value: "12", valueType: "num" })).equal(12);
    should(constantValue({ value: "false", valueType: "bool" })).equal(false);
    should(constantValue({ value: "true", valueType: "bool" })).equal(true);
    should(constantValue({ value: "[1,2]", valueType: "json" })).eql([1, 2]);
    should(constantValue({ value: "2026-01-02", valueType: "date" })).equal("2026-01-02T00:00:00.000+00:00");
  });

  it("are refused when they are not written in it", async () => {
    for (const [value, valueType] of [
      ["x", "num"],
      ["", "num"],
      ["yes", "bool"],
      ["{", "json"],
      ["tomorrow", "date"],
    ] as const) {
      should((await errorOf(() => constantValue({ value, valueType }))).code).equal("configuration");
    }
  });
});
