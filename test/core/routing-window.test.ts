import should from "should";
import type { RuleWindow } from "../../dist/core/routing/table.js";
import { compileWindow, isTimeZone, neverOpens } from "../../dist/core/routing/window.js";
import { randomTime, randomWindow } from "./routing-generate.ts";
import { isOpen as isOpenInReference } from "./routing-reference.ts";
import { Random } from "./routing-support.ts";

const isOpen = (window: RuleWindow, at: string) => compileWindow(window)(Date.parse(at));

describe("a rule's time window", () => {
  it("is always open when it says nothing", () => {
    should(isOpen({}, "2026-03-01T00:00:00Z")).equal(true);
    should(isOpen({ timeZone: "Europe/Berlin" }, "2026-03-01T00:00:00Z")).equal(true);
  });

  it("begins with its beginning and ends before its end", () => {
    const window = { from: "2026-03-01T08:00:00+01:00", until: "2026-03-02T08:00:00+01:00" };
    should(isOpen(window, "2026-03-01T06:59:59.999Z")).equal(false);
    should(isOpen(window, "2026-03-01T07:00:00Z")).equal(true);
    should(isOpen(window, "2026-03-02T06:59:59.999Z")).equal(true);
    should(isOpen(window, "2026-03-02T07:00:00Z")).equal(false);
  });

  it("keeps the clock of its time zone, in winter and in summer", () => {
    const window = { dailyFrom: "08:00", dailyUntil: "17:30", timeZone: "Europe/Berlin" };
    should(isOpen(window, "2026-01-15T06:59:59Z")).equal(false);
    should(isOpen(window, "2026-01-15T07:00:00Z")).equal(true);
    should(isOpen(window, "2026-07-15T06:00:00Z")).equal(true);
    should(isOpen(window, "2026-07-15T15:29:59Z")).equal(true);
    should(isOpen(window, "2026-07-15T15:30:00Z")).equal(false);
    should(isOpen({ ...window, timeZone: undefined }, "2026-07-15T08:00:00Z")).equal(true);
  });

  it("goes over midnight, by the day it began", () => {
    const window = { dailyFrom: "22:00", dailyUntil: "06:00", days: [5] };
    should(isOpen(window, "2026-03-06T22:00:00Z")).equal(true);
    should(isOpen(window, "2026-03-07T05:59:00Z")).equal(true);
    should(isOpen(window, "2026-03-07T06:00:00Z")).equal(false);
    should(isOpen(window, "2026-03-07T22:00:00Z")).equal(false);
    should(isOpen(window, "2026-03-06T05:00:00Z")).equal(false);
  });

  it("takes whole days, also before 1970", () => {
    should(isOpen({ days: [7] }, "2026-03-01T23:59:59Z")).equal(true);
    should(isOpen({ days: [7] }, "2026-03-02T00:00:00Z")).equal(false);
    should(isOpen({ days: [1], timeZone: "Asia/Kolkata" }, "2026-03-01T18:30:00Z")).equal(true);
    should(isOpen({ days: [3] }, "1969-12-31T12:00:00Z")).equal(true);
  });

  it("opens and closes as the reference does", () => {
    let open = 0;
    for (let seed = 0; seed < 400; seed += 1) {
      const random = new Random(seed);
      const window = randomWindow(random);
      const compiled = compileWindow(window);
      for (let time = 0; time < 20; time += 1) {
        const now = randomTime(random);
        const expected = isOpenInReference(window, now);
        should(compiled(now)).equal(expected, `seed ${seed}: ${JSON.stringify(window)} at ${new Date(now).toISOString()}`);
        if (expected) open += 1;
      }
    }
    open.should.be.within(1_000, 7_000);
  });

  it("knows when it can never open", () => {
    const never: RuleWindow[] = [
      { days: [] },
      { dailyFrom: "08:00", dailyUntil: "08:00" },
      { from: "2026-03-02T10:00:00Z", until: "2026-03-02T12:00:00Z", days: [2] },
      { from: "2026-03-02T10:00:00Z", until: "2026-03-02T12:00:00Z", dailyFrom: "12:00", dailyUntil: "13:00" },
      { from: "2026-03-02T10:00:00Z", until: "2026-03-08T12:00:00Z", dailyFrom: "22:00", dailyUntil: "06:00", days: [7] },
    ];
    for (const window of never) should(neverOpens(window)).equal(true, JSON.stringify(window));
    const sometimes: RuleWindow[] = [
      {},
      { from: "2026-03-02T10:00:00Z", until: "2026-03-02T12:00:00Z" },
      { from: "2026-03-02T10:00:00Z", until: "2026-03-02T12:00:00Z", days: [1] },
      { from: "2026-03-02T10:00:00Z", until: "2026-03-02T12:00:00Z", dailyFrom: "11:59", dailyUntil: "12:30" },
      { from: "2026-03-02T10:00:00Z", until: "2026-03-10T10:01:00Z", days: [2], dailyFrom: "10:00", dailyUntil: "10:01" },
      { from: "2026-03-02T10:00:00Z", until: "2026-03-02T12:00:00Z", dailyFrom: "17:07", dailyUntil: "17:08", timeZone: "Asia/Kathmandu" },
      { from: "2026-03-02T10:00:00Z", days: [1] },
    ];
    for (const window of sometimes) should(neverOpens(window)).equal(false, JSON.stringify(window));
  });

  it("knows time zones", () => {
    for (const zone of ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]) should(isTimeZone(zone)).equal(true);
    for (const zone of ["", "Berlin", "Europe/Munich", "x".repeat(500)]) should(isTimeZone(zone)).equal(false);
  });
});
