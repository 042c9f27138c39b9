import should from "should";
import { DocbridgeError } from "../../dist/core/errors.js";
import { applyMapping, combine, type MappingOptions } from "../../dist/core/mapping/map.js";
import type { MappingRow } from "../../dist/core/mapping/rules.js";
import type { TargetType } from "../../dist/core/mapping/types.js";

const type: TargetType = {
  name: "bank_letter",
  attributes: [
    { name: "title", type: "string", length: 8, repeating: false, required: true },
    { name: "pages", type: "integer", repeating: false, required: false },
    { name: "keywords", type: "string", length: 5, repeating: true, required: false },
    { name: "lang", type: "string", repeating: false, required: false, allowedValues: ["de", "en"] },
    { name: "sent", type: "date", repeating: false, required: false },
    { name: "r_object_id", type: "id", repeating: false, required: true, readOnly: true },
  ],
};

const row = (attribute: string, value: string, extra: Partial<MappingRow> = {}): MappingRow => ({
  attribute,
  source: { kind: "property", value },
  ifEmpty: "quarantine",
  ...extra,
});

/** Maps over plain values by name. */
function map(rows: MappingRow[], values: Record<string, unknown>, of: TargetType | undefined = type, options?: MappingOptions) {
  return applyMapping(rows, ({ source }) => values[source.value], of, options);
}

const shown = (problems: DocbridgeError[]) => problems.map(({ code, subject }) => `${subject}: ${code}`);

describe("mapping", () => {
  it("fills typed attributes", async () => {
    const { attributes, problems } = await map(
      [row("title", "t"), row("pages", "p"), row("keywords", "k"), row("lang", "l", { convert: { codes: { D: "de" } } }), row("sent", "s")],
      { t: "Letter", p: "12", k: "one", l: "D", s: "2026-01-31" },
    );
    should(problems).eql([]);
    should(attributes).eql({ title: "Letter", pages: 12, keywords: ["one"], lang: "de", sent: "2026-01-31T00:00:00.000+00:00" });
  });

  it("collects every problem, each with its code and attribute", async () => {
    const { problems } = await map(
      [row("titel", "t"), row("pages", "t"), row("keywords", "k"), row("lang", "t"), row("sent", "none"), row("r_object_id", "t")],
      { t: "secret", k: ["fine", "secret-long", "", "secret-too"] },
    );
    should(shown(problems)).eql([
      "titel: unknown-attribute",
      "pages: wrong-type",
      "keywords: value-too-long",
      "keywords: value-too-long",
      "lang: invalid-metadata",
      "sent: missing-metadata",
      "r_object_id: invalid-metadata",
      "title: missing-metadata",
    ]);
    const message = combine(problems)?.message ?? "";
    should(message)
      .match(/^8 problems/)
      .and.not.match(/secret/);
    for (const part of ["bank_letter", "entry 2", "entry 4", "at most 5 characters", "has 11", "(8)", "read-only"])
      should(message).containEql(part);
  });

  it("gives an empty source the treatment its row asks for", async () => {
    const rows = [
      row("title", "x", { ifEmpty: "default", default: "None" }),
      row("pages", "x", { ifEmpty: "null" }),
      row("lang", "x", { ifEmpty: "skip" }),
      row("sent", "x", { ifEmpty: "default", default: "2026-01-01", convert: { dateFormat: "dd.MM.yyyy" } }),
    ];
    for (const empty of [undefined, null, "", "  ", []]) {
      const { attributes, problems } = await map(rows, { x: empty });
      should(problems).eql([]);
      should(attributes).eql({ title: "None", pages: null, sent: "2026-01-01T00:00:00.000+00:00" });
    }
    should((await map([row("title", "x"), row("pages", "n")], { x: "t", n: 0 })).attributes).eql({ title: "t", pages: 0 });
  });

  it("never lets a required attribute go by way of skip or null, and says so once", async () => {
    should(shown((await map([row("title", "x", { ifEmpty: "skip" })], {})).problems)).eql(["title: missing-metadata"]);
    should(shown((await map([row("title", "x", { ifEmpty: "null" })], {})).problems)).eql(["title: missing-metadata"]);
    should(shown((await map([row("title", "x")], {})).problems)).eql(["title: missing-metadata"]);
    should(shown((await map([row("title", "x", { ifEmpty: "default" })], {})).problems)).eql(["title: missing-metadata"]);
    should(shown((await map([], {})).problems)).eql(["title: missing-metadata"]);
    const tooLong = { ifEmpty: "default" as const, default: "123456789" };
    should(shown((await map([row("title", "x", tooLong)], {})).problems)).eql(["title: value-too-long"]);
  });

  it("treats lists by whether the attribute repeats", async () => {
    const title = row("title", "t");
    should((await map([title, row("lang", "l")], { t: ["one"], l: "de" })).attributes).eql({ title: "one", lang: "de" });
    should(shown((await map([title], { t: ["one", "two"] })).problems)).eql(["title: not-repeating"]);
    const split = row("keywords", "k", { convert: { split: ";" } });
    should((await map([title, split], { t: "a", k: " one; two ;;" })).attributes.keywords).eql(["one", "two"]);
    should((await map([title, row("keywords", "k"), row("keywords", "m")], { t: "a", k: ["x", "y"], m: "z" })).attributes.keywords).eql([
      "x",
      "y",
      "z",
    ]);
    should((await map([title, row("keywords", "k")], { t: "a", k: ["x", ""] })).attributes.keywords).eql(["x", ""]);
    should(shown((await map([title, row("keywords", "k")], { t: "a", k: ["x", null] })).problems)).eql(["keywords: wrong-type"]);
  });

  it("lets rows of one attribute take turns, but not overwrite each other", async () => {
    const rows = [row("title", "a", { ifEmpty: "skip" }), row("title", "b", { ifEmpty: "skip" })];
    should((await map(rows, { b: "second" })).attributes).eql({ title: "second" });
    should((await map(rows, { a: "first" })).attributes).eql({ title: "first" });
    should(shown((await map(rows, { a: "first", b: "second" })).problems)).eql(["title: not-repeating"]);
  });

  it("translates codes and refuses those the table does not have", async () => {
    const convert = { codes: { "1": "eins", "2": "" } };
    should((await map([row("title", "t", { convert })], { t: 1 })).attributes).eql({ title: "eins" });
    should(shown((await map([row("title", "t", { convert })], { t: 2 })).problems)).eql(["title: missing-metadata"]);
    should(shown((await map([row("title", "t", { convert })], { t: "toString" })).problems)).eql(["title: invalid-metadata"]);
    should(shown((await map([row("title", "t"), row("keywords", "k", { convert })], { t: "a", k: ["1", "3"] })).problems)).eql([
      "keywords: invalid-metadata",
    ]);
  });

  it("measures lengths in characters or in bytes", async () => {
    should(shown((await map([row("title", "t")], { t: "äöüäöüäö" })).problems)).eql([]);
    const { problems } = await map([row("title", "t")], { t: "äöüäöüäö" }, type, { lengthUnit: "utf8-bytes" });
    should(problems[0]?.message).containEql("at most 8 bytes, and the value has 16");
  });

  it("refuses text that was damaged on its way", async () => {
    for (const text of ["M\uFFFDller", "a\u0000b", "\ud800x"]) {
      should(shown((await map([row("title", "t")], { t: text })).problems)).eql(["title: invalid-metadata"]);
      should(shown((await map([row("any", "t")], { t: text }, { name: "x", attributes: [] })).problems)).eql(["any: unknown-attribute"]);
    }
    should((await map([row("title", "t")], { t: "a 😀" })).attributes).eql({ title: "a 😀" });
  });

  it("works without a known type, and still refuses what no attribute can hold", async () => {
    const { attributes, problems } = await applyMapping(
      [
        row("a", "1"),
        row("b", "2"),
        row("c", "3", { convert: { dateFormat: "dd.MM.yyyy" } }),
        row("d", "4", { convert: { decimal: "," } }),
        row("e", "5"),
      ],
      ({ source }) => [null, [1, "x", true], "t", "31.01.2026", "1,5", { nested: 1 }][Number(source.value)],
      undefined,
    );
    should(attributes).eql({ a: [1, "x", true], b: "t", c: "2026-01-31T00:00:00.000+00:00", d: 1.5 });
    should(shown(problems)).eql(["e: wrong-type"]);
    const odd = await map([row("__proto__", "x")], { x: "polluted" }, { name: "t", attributes: [] });
    should(shown(odd.problems)).eql(["__proto__: unknown-attribute"]);
  });

  it("turns errors of sources into problems that show no value", async () => {
    const failing = async ({ source }: MappingRow) => {
      if (source.value === "missing") throw new DocbridgeError("missing-metadata", { message: 'needs "customer".' });
      if (source.value === "template") throw new DocbridgeError("template", { message: "has a mistake." });
      throw Object.assign(new Error("cannot add 1 and secret"), { code: "T2001" });
    };
    const { attributes, problems } = await applyMapping(
      [
        row("title", "missing", { ifEmpty: "default", default: "d" }),
        row("pages", "missing"),
        row("lang", "template"),
        row("sent", "jsonata"),
      ],
      failing,
      type,
    );
    should(attributes).eql({ title: "d" });
    should(shown(problems)).eql(["pages: missing-metadata", "lang: template", "sent: invalid-metadata"]);
    should(problems[0]?.message).containEql('"customer"');
    should(problems[2]?.message).containEql("T2001").and.not.containEql("secret");
  });
});

describe("combined problems", () => {
  const one = new DocbridgeError("wrong-type", { message: "one.", subject: "a" });

  it("are nothing, the one problem, or all of them in one", () => {
    should(combine([])).be.undefined();
    should(combine([one])).equal(one);
    const same = combine([one, new DocbridgeError("wrong-type", { message: "two.", subject: "b" })]);
    should(same).have.properties({
      code: "wrong-type",
      subject: "a, b",
      message: "2 problems with the metadata: (1) one. (2) two.",
      retryable: false,
    });
    should(combine([one, new DocbridgeError("template", { message: "x" })])?.code).equal("invalid-metadata");
  });
});
