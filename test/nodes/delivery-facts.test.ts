import should from "should";
import { additions } from "../../dist/documentum/documentum-archive/facts.js";

const attribute = (name: string, type: "string" | "integer" | "date" | "boolean" | "double" | "id", repeating: boolean) => ({
  name,
  type,
  repeating,
  required: false,
  readOnly: false,
});
const type = {
  name: "acme_letter",
  attributes: [
    attribute("first_at", "date", false),
    attribute("first_channel", "string", false),
    attribute("tries", "integer", false),
    attribute("at", "date", true),
    attribute("channel", "string", true),
    attribute("pages", "integer", true),
  ],
};
const MAIL = { at: "2026-01-01T00:00:00.000+00:00", channel: "mail" };

describe("facts of a delivery", () => {
  it("set single attributes while they are empty, in whatever way empty is written", () => {
    const facts = { first_channel: "mail", first_at: MAIL.at, tries: 1 };
    for (const empty of [undefined, null, "", 0]) {
      should(additions(facts, { first_channel: empty, first_at: empty, tries: empty }, type)).eql(facts);
    }
    should(additions(facts, { first_channel: "print", first_at: null, tries: 2 }, type)).eql({ first_at: MAIL.at });
    should(additions(facts, { first_channel: "x", first_at: "2020-01-01", tries: 1 }, type)).be.undefined();
  });

  it("append a row, and the same row only once, whatever offset a date is written with", () => {
    should(additions(MAIL, { at: null, channel: null }, type)).eql({ at: [MAIL.at], channel: ["mail"] });
    const now = { at: ["2026-01-01T01:00:00.000+01:00"], channel: ["mail"] };
    should(additions(MAIL, now, type)).be.undefined();
    should(additions({ ...MAIL, channel: "print" }, now, type)).eql({ at: [...now.at, MAIL.at], channel: ["mail", "print"] });
  });

  it("compare whole rows, not values of one attribute", () => {
    const now = { at: [MAIL.at, "2026-02-01T00:00:00.000+00:00"], channel: ["print", "mail"] };
    should(additions(MAIL, now, type)).eql({ at: [...now.at, MAIL.at], channel: ["print", "mail", "mail"] });
    should(additions({ at: null, channel: "mail" }, now, type)).eql({ at: [...now.at, null], channel: ["print", "mail", "mail"] });
  });

  it("keep what belongs together at the same place", () => {
    const now = { at: [MAIL.at, MAIL.at], channel: ["print"], pages: null };
    should(additions({ ...MAIL, pages: 3 }, now, type)).eql({
      at: [MAIL.at, MAIL.at, MAIL.at],
      channel: ["print", "", "mail"],
      pages: [0, 0, 3],
    });
    should(additions({ channel: ["a", "b"], pages: [1] }, { channel: ["b"], pages: [0] }, type)).eql({
      channel: ["b", "a"],
      pages: [0, 1],
    });
  });

  it("name an attribute the type does not have", () => {
    should(() => additions({ shoe_size: 43 }, {}, type)).throw({ code: "unknown-attribute", subject: "shoe_size" });
  });
});
