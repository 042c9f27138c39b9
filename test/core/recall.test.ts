import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { DocbridgeError } from "../../dist/core/errors.js";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import { RecallBudget, type RecallCaps } from "../../dist/core/recall/budget.js";
import { type RecallPromise, RecallPromises } from "../../dist/core/recall/promises.js";
import type { Availability, GoverningService, RecallFacts, Restore } from "../../dist/core/recall/recall.js";
import { RecallRequests } from "../../dist/core/recall/requests.js";
import { randomOf } from "../nodes/turns.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const text = (time: number) => new Date(time).toISOString();

/** A world with a clock of its own: objects in a cold tier, and somebody who brings them back after a while. */
class ColdStore implements GoverningService {
  now = Date.parse("2026-01-05T00:00:00Z");
  copyMs = 24 * HOUR;
  cost = 2;
  /** The requests that came in: object, request. */
  readonly requests: string[] = [];
  /** Requests whose replies are lost after they were taken. */
  losing = 0;
  private readonly restores = new Map<string, Restore & { dueAt: number }>();
  private readonly delayMs: () => number;

  constructor(delayMs: () => number) {
    this.delayMs = delayMs;
  }

  async read(objectId: string): Promise<Availability> {
    const restore = this.restores.get(objectId);
    if (!restore) return { tier: "cold", online: false };
    const { dueAt, ...asked } = restore;
    const there = { availableFrom: text(dueAt), availableUntil: text(dueAt + this.copyMs), cost: this.cost };
    return { tier: "cold", online: false, restore: dueAt <= this.now ? { ...asked, ...there } : asked };
  }

  /** What a request waits for on its way here. */
  onTheWay: Promise<void> = Promise.resolve();

  async request(objectId: string, { requestId, replaces }: { requestId: string; replaces: boolean }): Promise<void> {
    await this.onTheWay;
    const known = this.restores.get(objectId);
    // As a change of a trait does, whoever sends it and however often.
    if (known && replaces) known.eta = undefined;
    if (this.restores.get(objectId)?.requestId !== requestId) {
      this.requests.push(`${objectId} ${requestId}`);
      // It says six hours to everybody.
      this.restores.set(objectId, { requestId, eta: text(this.now + 6 * HOUR), dueAt: this.now + this.delayMs() });
    }
    if (this.losing <= 0) return;
    this.losing -= 1;
    throw new DocbridgeError("connection-lost", { message: "the reply was lost", retryable: true, ambiguous: true });
  }
}

describe("recalls", () => {
  let dir: string;
  const open = () => SqliteLedger.open({ dir, policy: { maxAttempts: 3, backoffMs: 1, backoffMaxMs: 1 }, leaseMs: 60_000 });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-recall-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  interface Delivered {
    promise: RecallPromise;
    facts: RecallFacts;
    at: number;
  }
  const unlimited: RecallCaps = { perMinute: Number.POSITIVE_INFINITY, costEach: 0, costPerDay: Number.POSITIVE_INFINITY };

  /** A start of a node on a ledger. */
  async function started(
    ledger: SqliteLedger,
    store: ColdStore,
    { caps = unlimited, overBudget = "wait" as "wait" | "refuse", node = "node", worker = "" } = {},
  ) {
    const delivered: Delivered[] = [];
    const failed: { promise: RecallPromise; code: string }[] = [];
    const clock = () => store.now;
    const { bookmarks } = ledger;
    const budget = new RecallBudget(bookmarks, "recall/t", caps);
    const requests = new RecallRequests(bookmarks, store, { owner: "recall/t", budget, overBudget, clock });
    const promises = new RecallPromises(bookmarks, requests, {
      owner: "recall/t",
      node,
      worker: worker || `${node} ${store.now} ${Math.random()}`,
      againMs: MINUTE,
      parallel: 8,
      clock,
      deliver: async (promise, facts) => {
        delivered.push({ promise, facts, at: store.now });
        return true;
      },
      failed: async (promise, { code }) => {
        failed.push({ promise, code });
        return true;
      },
      report: () => undefined,
    });
    await promises.load();
    return { promises, requests, delivered, failed };
  }
  const promiseOf = (store: ColdStore, objectId: string, id = `p-${objectId}`, waitMs = 48 * HOUR): RecallPromise => ({
    id,
    objectId,
    promisedAt: text(store.now),
    until: text(store.now + waitMs),
    message: { payload: id },
  });
  /** All that is left on disk of recalls. */
  const left = async (ledger: SqliteLedger) =>
    (await Promise.all(["recall/t", "recall/t|node"].map((owner) => ledger.bookmarks.list(owner, "")))).flat().map(({ name }) => name);

  it("delivers 1,000 recalls of 5 minutes to 12 hours once each and restores each object once, across 20 restarts", async () => {
    const random = randomOf(11);
    const store = new ColdStore(() => 5 * MINUTE + random() * (12 * HOUR - 5 * MINUTE));
    const all: Delivered[] = [];
    let ledger = await open();
    let node = await started(ledger, store);
    // 1,000 objects, 1,300 callers.
    const asked = Array.from({ length: 1300 }, (_, at) => promiseOf(store, `o-${at % 1000}`, `p-${at}`));
    for (let hour = 0; hour <= 20; hour += 1) {
      const now = asked.splice(0, 130);
      await Promise.all(now.map((promise) => node.promises.make(promise)));
      await Promise.all(now.map(({ objectId }) => node.promises.begin(objectId)));
      for (let step = 0; step < 6; step += 1) {
        store.now += 10 * MINUTE;
        if (step !== 3) await node.promises.tick();
      }
      if (hour === 20) break;
      // In the middle of a tick: what is being handed on ends, the rest is left to the next start.
      const ticking = node.promises.tick();
      await node.promises.stop();
      await ticking;
      await ledger.close();
      all.push(...node.delivered);
      ledger = await open();
      node = await started(ledger, store);
    }
    all.push(...node.delivered);
    should(all.length).equal(1300);
    should(new Set(all.map(({ promise }) => promise.id)).size).equal(1300);
    // Objects that were asked for again after their first callers had been served are found restored, not restored again.
    should(store.requests.length).equal(1000);
    for (const { facts, at, promise } of all) {
      should(Date.parse(facts.availableFrom as string)).be.belowOrEqual(at);
      should(facts.etaErrorSeconds).equal(Math.round((Date.parse(facts.availableFrom as string) - Date.parse(facts.eta as string)) / 1000));
      should(facts).match({ state: "restored", tier: "cold", cost: 2 });
      should(promise.message).eql({ payload: promise.id });
    }
    should(new Set(all.map(({ facts }) => facts.etaErrorSeconds)).size).be.above(900);
    should(await left(ledger)).eql(["budget"]);
    await ledger.close();
  });

  it("requests one restore for callers of two workers on one ledger", async () => {
    const store = new ColdStore(() => HOUR);
    const [one, two] = await Promise.all([open(), open()]);
    const nodes = [await started(one, store, { node: "a" }), await started(two, store, { node: "b" })];
    for (let at = 0; at < 40; at += 1) {
      await Promise.all(
        nodes.map(async ({ promises }, of) => {
          await promises.make(promiseOf(store, `o-${at}`, `${of}-${at}`));
          await promises.begin(`o-${at}`);
        }),
      );
    }
    should(store.requests.length).equal(40);
    store.now += 2 * HOUR;
    for (const { promises } of nodes) await promises.tick();
    for (const { delivered } of nodes) should(delivered.length).equal(40);
    await Promise.all([one.close(), two.close()]);
  });

  it("hands a message on once when two workers keep the same promise, and after a minute when one of them died with it", async () => {
    const store = new ColdStore(() => HOUR);
    const [one, two] = await Promise.all([open(), open()]);
    const first = await started(one, store, { worker: "w1" });
    await first.promises.make(promiseOf(store, "o"));
    await first.promises.begin("o");
    const second = await started(two, store, { worker: "w2" });
    store.now += 2 * HOUR;
    await Promise.all([first.promises.tick(), second.promises.tick()]);
    should(first.delivered.length + second.delivered.length).equal(1);
    const claimed = { ...promiseOf(store, "dead"), claim: { by: "nobody", at: text(store.now) } };
    await one.bookmarks.set("recall/t|node", "dead/p-dead", claimed);
    const third = await started(one, store, { worker: "w3" });
    await third.promises.tick();
    store.now += 2 * HOUR;
    await one.bookmarks.set("recall/t|node", "dead/p-dead", { ...claimed, claim: { by: "nobody", at: text(store.now - 30_000) } });
    await third.promises.tick();
    should(third.delivered).eql([]);
    store.now += MINUTE;
    await third.promises.tick();
    should(third.delivered.length).equal(1);
    await Promise.all([one.close(), two.close()]);
  });

  it("sends the same request again when its reply is lost", async () => {
    const store = new ColdStore(() => HOUR);
    const ledger = await open();
    const { promises, delivered } = await started(ledger, store);
    store.losing = 1;
    await promises.make(promiseOf(store, "o"));
    should(await promises.begin("o")).be.undefined();
    store.now += 2 * HOUR;
    await promises.tick();
    should(store.requests.length).equal(1);
    should(delivered.length).equal(1);
    await ledger.close();
  });

  it("does not wipe out the answer to a request that another worker is sending", async () => {
    const store = new ColdStore(() => HOUR);
    store.copyMs = HOUR;
    const ledger = await open();
    const [one, other] = [await started(ledger, store, { worker: "one" }), await started(ledger, store, { worker: "other" })];
    await one.requests.further("o");
    store.now += 3 * HOUR;
    let arrive = () => {};
    store.onTheWay = new Promise((resolve) => {
      arrive = resolve;
    });
    const sending = one.requests.further("o");
    // The copy is gone; the other worker finds a new request in the ledger that the store does not show yet.
    const replaced = async () => ((await ledger.bookmarks.get<{ requests: number }>("recall/t", "object/o"))?.requests ?? 0) === 2;
    while (!(await replaced())) await new Promise((resolve) => setTimeout(resolve, 1));
    const waiting = await other.requests.further("o");
    arrive();
    const sent = await sending;
    should(sent).match({ outcome: "waiting", why: "requested", eta: text(store.now + 6 * HOUR) });
    should(waiting).match({ outcome: "waiting", requestId: (sent as { requestId: string }).requestId });
    store.now += 1.5 * HOUR;
    should(await other.requests.look("o")).match({ outcome: "available", facts: { state: "restored", requests: 2 } });
    should(store.requests.length).equal(2);
    await ledger.close();
  });

  it("requests a second restore, once, when the copy was gone before it was picked up, and then says so", async () => {
    const store = new ColdStore(() => HOUR);
    store.copyMs = 5 * MINUTE;
    const ledger = await open();
    const { promises, delivered, failed } = await started(ledger, store);
    await promises.make(promiseOf(store, "o"));
    await promises.begin("o");
    store.now += 2 * HOUR;
    await promises.tick();
    should([store.requests.length, delivered.length]).eql([2, 0]);
    store.now += HOUR + MINUTE;
    promises.wake("o");
    await promises.tick();
    should(delivered.map(({ facts }) => facts.requests)).eql([2]);
    await promises.make(promiseOf(store, "never"));
    await promises.begin("never");
    for (let turn = 0; turn < 2; turn += 1) {
      store.now += 3 * HOUR;
      await promises.tick();
    }
    should(failed.map(({ code }) => code)).eql(["recall-expired"]);
    await ledger.close();
  });

  it("keeps to the requests a minute, with 10,000 recalls at once, and to the cost of a day", async () => {
    const store = new ColdStore(() => HOUR);
    const ledger = await open();
    const caps = { perMinute: 30, costEach: 1, costPerDay: 100 };
    const { promises } = await started(ledger, store, { caps });
    for (let at = 0; at < 10_000; at += 1000) {
      const some = Array.from({ length: 1000 }, (_, of) => promiseOf(store, `o-${at + of}`));
      await Promise.all(some.map((promise) => promises.make(promise)));
    }
    let before = 0;
    for (const expected of [30, 60, 90, 100, 100]) {
      await promises.tick();
      should(store.requests.length).equal(expected);
      should(expected - before).be.belowOrEqual(30);
      before = expected;
      store.now += MINUTE;
    }
    // The next day; what the first ones really cost counts on the day on which it is known.
    store.now += 24 * HOUR;
    await promises.tick();
    should(store.requests.length).be.within(101, 130);
    await ledger.close();
  });

  it("refuses what the budget of the day does not allow, where that is wished", async () => {
    const store = new ColdStore(() => HOUR);
    const ledger = await open();
    const caps = { perMinute: 30, costEach: 60, costPerDay: 100 };
    const { promises } = await started(ledger, store, { caps, overBudget: "refuse" });
    for (const id of ["a", "b"]) await promises.make(promiseOf(store, id));
    should(await promises.begin("a")).match({ outcome: "waiting", why: "requested" });
    await promises.begin("b").should.be.rejectedWith({ code: "recall-budget" });
    await ledger.close();
  });

  it("looks again when an event comes while it is looking, too early to see what the event tells of", async () => {
    const store = new ColdStore(() => HOUR);
    const ledger = await open();
    const { promises, delivered } = await started(ledger, store);
    await promises.make(promiseOf(store, "o"));
    await promises.begin("o");
    store.now += 2 * HOUR;
    const { read } = store;
    store.read = async (objectId) => {
      const early = {
        tier: "cold",
        online: false,
        restore: { requestId: (await read.call(store, objectId)).restore?.requestId as string },
      };
      store.read = read;
      promises.wake(objectId);
      return early;
    };
    await promises.tick();
    should(delivered.length).equal(0);
    await promises.tick();
    should(delivered.length).equal(1);
    await ledger.close();
  });

  it("gives up what is not restored in time", async () => {
    const store = new ColdStore(() => 100 * HOUR);
    const ledger = await open();
    const { promises, failed, delivered } = await started(ledger, store);
    await promises.make(promiseOf(store, "o", "p", HOUR));
    await promises.begin("o");
    store.now += HOUR / 2;
    await promises.tick();
    should(failed).eql([]);
    store.now += HOUR;
    await promises.tick();
    should(failed.map(({ code }) => code)).eql(["recall-overdue"]);
    should(delivered).eql([]);
    should(await left(ledger)).eql(["budget"]);
    await ledger.close();
  });
});
