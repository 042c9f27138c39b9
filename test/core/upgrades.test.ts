import should from "should";
import { settingsVersion, upgrade } from "../../dist/core/upgrades.js";
import { expected, oldNodes } from "../editor/old-nodes.ts";

describe("settings of older versions", () => {
  for (const [what, old] of Object.entries(oldNodes)) {
    it(`${old.stored.type}, ${what}: all steps, and what a person must hear`, () => {
      const before = JSON.stringify(old.stored);
      const done = upgrade(old.stored.type, old.stored);
      if (done.outcome !== "upgraded") throw new Error(done.outcome);
      should(done.settings).eql(expected(old));
      should(done.told.map(({ key }) => key)).eql(old.told);
      should(JSON.stringify(old.stored)).equal(before);
      should(upgrade(old.stored.type, done.settings)).eql({ outcome: "current" });
    });
  }

  it("without a version are those of the first", () => {
    should(upgrade("css-store", { verify: "none" })).match({ outcome: "upgraded", settings: { version: 2, verify: "read-back" } });
    should(upgrade("asset-fetch", {})).eql({ outcome: "current" });
  });

  it("of a newer version are left alone", () => {
    const known = settingsVersion("css-store");
    should(upgrade("css-store", { version: known + 1 })).eql({ outcome: "newer", version: known + 1, known });
    should(upgrade("document-ledger", { version: "2" })).eql({ outcome: "newer", version: 2, known: 1 });
  });
});
