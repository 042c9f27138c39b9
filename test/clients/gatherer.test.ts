import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { Gatherer } from "../../dist/clients/http/gatherer.js";
import { failureOf } from "./support.ts";

describe("Gatherer", () => {
  it("does in one load what is asked for at nearly the same time, and gives everybody their own result", async () => {
    const loads: number[][] = [];
    const gatherer = new Gatherer(
      async (items: number[]) => {
        loads.push(items);
        return items.map((item) => item * 10);
      },
      { size: 100 },
    );
    should(await Promise.all([1, 2, 3].map((item) => gatherer.run(item)))).eql([10, 20, 30]);
    should(loads).eql([[1, 2, 3]]);
    should(await gatherer.run(4)).equal(40);
    should(loads.length).equal(2);
  });

  it("starts a full load at once, and lets the rest gather while enough is under way", async () => {
    const loads: number[] = [];
    let running = 0;
    let most = 0;
    const gatherer = new Gatherer(
      async (items: number[]) => {
        loads.push(items.length);
        most = Math.max(most, ++running);
        await sleep(20);
        running -= 1;
        return items;
      },
      { size: 10, parallel: 2, lingerMs: 1_000_000 },
    );
    await Promise.all(Array.from({ length: 40 }, (_, item) => gatherer.run(item)));
    should(loads).eql([10, 10, 10, 10]);
    should(most).equal(2);
  });

  it("throws an Error among the results to its caller only, and one of the load to all", async () => {
    const gatherer = new Gatherer<number, number>(async (items) => items.map((item) => (item === 2 ? new Error("two") : item)), {
      size: 3,
    });
    const [one, two, three] = [1, 2, 3].map((item) => gatherer.run(item));
    should((await failureOf(two as Promise<number>)).message).equal("two");
    should(await Promise.all([one, three])).eql([1, 3]);
    const broken = new Gatherer<number, number>(() => Promise.reject(new Error("all")), { size: 2 });
    const both = [broken.run(1), broken.run(2)];
    for (const each of both) should((await failureOf(each)).message).equal("all");
  });
});
