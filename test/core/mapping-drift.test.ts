import should from "should";
import { parseCodes } from "../../dist/core/mapping/codes.js";
import { driftOf, driftText, typeMark } from "../../dist/core/mapping/drift.js";
import type { TargetAttribute } from "../../dist/core/mapping/types.js";

const attribute = (name: string, more: Partial<TargetAttribute> = {}): TargetAttribute => ({
  name,
  type: "string",
  length: 32,
  repeating: false,
  required: false,
  ...more,
});
const marksOf = (...attributes: TargetAttribute[]) => Object.fromEntries(attributes.map((each) => [each.name, typeMark(each)]));

describe("drift of a type", () => {
  it("says what an attribute is in one line", () => {
    should(typeMark(attribute("a", { repeating: true, required: true }))).equal("string(32) repeating required");
    should(typeMark(attribute("a", { type: "date", length: undefined, readOnly: true }))).equal("date read-only");
  });

  it("is silent while the type is as it was, and when nothing was noted", () => {
    const type = { name: "t", attributes: [attribute("a"), attribute("b", { required: true })] };
    should(driftOf(marksOf(...type.attributes), ["a", "b"], type)).be.empty();
    should(driftOf({}, ["gone"], type)).be.empty();
  });

  it("names what is gone, what is another now, and what is required now", () => {
    const marks = marksOf(attribute("a"), attribute("b"), attribute("c"));
    const type = { name: "t", attributes: [attribute("b", { length: 16 }), attribute("c"), attribute("d", { required: true })] };
    const drift = driftOf(marks, ["a", "b", "c"], type);
    should(drift.map(driftText)).eql([
      '"a" does not exist any more',
      '"b" was string(32) and is string(16)',
      '"d" is required now, and no row fills it',
    ]);
  });

  it("does not ask for what only the target sets, nor for what was required all along", () => {
    const type = {
      name: "t",
      attributes: [attribute("a"), attribute("b", { required: true, readOnly: true }), attribute("c", { required: true })],
    };
    should(driftOf(marksOf(attribute("a"), attribute("c", { required: true })), ["a"], type)).be.empty();
  });
});

describe("code tables of a row", () => {
  it("are read as code=value; code=value", () => {
    should(parseCodes(" S = statement ;I=invoice; ")).eql({ S: "statement", I: "invoice" });
    should(parseCodes("A=b=c")).eql({ A: "b=c" });
    should(parseCodes("")).eql({});
  });

  for (const wrong of ["S", "=statement", "S=", "S=a; S=b"]) {
    it(`refuse ${wrong}`, () => should(parseCodes(wrong)).be.undefined());
  }

  it("know no names of the language itself", () => should(parseCodes("__proto__=x; constructor=y")?.constructor).equal("y"));
});
