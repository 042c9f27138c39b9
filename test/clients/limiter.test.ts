import should from "should";
import { AdaptiveLimiter } from "../../dist/clients/http/limiter.js";
import { DocbridgeError } from "../../dist/core/errors.js";
import { failureOf } from "./support.ts";

/** A clock that moves when told to, and runs what was scheduled up to then. */
class FakeClock {
  time = 0;
  #timers: { at: number; fn: () => void }[] = [];

  readonly now = (): number => this.time;

  readonly schedule = (fn: () => void, ms: number): (() => void) => {
    const timer = { at: this.time + ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.time = next.at;
      next.fn();
    }
    this.time = end;
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Work that ends when told to. */
function job() {
  let finish: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  let started = false;
  const promise = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return {
    run: () => {
      started = true;
      return promise;
    },
    finish: () => finish(),
    fail: (error: Error) => fail(error),
    started: () => started,
  };
}

const limited = (retryAfterMs?: number) => new DocbridgeError("rate-limited", { message: "429", retryable: true, retryAfterMs });

describe("AdaptiveLimiter", () => {
  let clock: FakeClock;
  const make = (options: { maxConcurrent: number; ratePerSecond?: number; maxPauseMs?: number }) =>
    new AdaptiveLimiter({ ...options, now: clock.now, schedule: clock.schedule });

  beforeEach(() => {
    clock = new FakeClock();
  });

  it("runs no more than allowed at once, first come, first served", async () => {
    const limiter = make({ maxConcurrent: 2 });
    const order: number[] = [];
    const jobs = [0, 1, 2, 3].map(() => job());
    const runs = jobs.map((each, index) =>
      limiter.run(() => {
        order.push(index);
        return each.run();
      }),
    );
    await settle();
    should(order).eql([0, 1]);
    should(limiter.status()).match({ limit: 2, inFlight: 2, waiting: 2, bottleneck: true, pausedMs: 0 });
    jobs[1]?.finish();
    await settle();
    should(order).eql([0, 1, 2]);
    for (const each of jobs) each.finish();
    await Promise.all(runs);
    should(order).eql([0, 1, 2, 3]);
    should(limiter.status()).match({ inFlight: 0, waiting: 0, bottleneck: false });
  });

  it("never starts more than the rate in any second", async () => {
    const limiter = make({ maxConcurrent: 100, ratePerSecond: 5 });
    const starts: number[] = [];
    const runs = Array.from({ length: 23 }, () =>
      limiter.run(async () => {
        starts.push(clock.time);
      }),
    );
    await clock.advance(450);
    should(starts.length).equal(5);
    await clock.advance(10_000);
    await Promise.all(runs);
    should(starts.length).equal(23);
    for (const [index, start] of starts.entries()) {
      if (index >= 5) should(start - (starts[index - 5] as number)).be.aboveOrEqual(1000);
    }
  });

  it("keeps rates below one a second", async () => {
    const limiter = make({ maxConcurrent: 10, ratePerSecond: 0.5 });
    const starts: number[] = [];
    const runs = [1, 2, 3].map(() =>
      limiter.run(async () => {
        starts.push(clock.time);
      }),
    );
    await clock.advance(10_000);
    await Promise.all(runs);
    should(starts).eql([0, 2000, 4000]);
  });

  it("halves on 429 once per round, and grows by one per full round that went well", async () => {
    const limiter = make({ maxConcurrent: 8 });
    const jobs = Array.from({ length: 8 }, () => job());
    const runs = jobs.map((each) => failureOf(limiter.run(each.run)));
    await settle();
    for (const each of jobs) each.fail(limited(0));
    await Promise.all(runs);
    // Eight refusals of one round are one piece of news.
    should(limiter.limit).equal(4);
    for (let round = 0; round < 2; round++) {
      const good = Array.from({ length: limiter.limit }, () => job());
      const done = good.map((each) => limiter.run(each.run));
      await settle();
      for (const each of good) each.finish();
      await Promise.all(done);
    }
    should(limiter.limit).equal(5);
  });

  it("never falls below one", async () => {
    const limiter = make({ maxConcurrent: 2 });
    for (let time = 0; time < 5; time++) {
      const refused = failureOf(limiter.run(() => Promise.reject(limited(0))));
      await clock.advance(1);
      await refused;
    }
    should(limiter.limit).equal(1);
  });

  it("pauses as long as Retry-After says, but no longer than its own bound", async () => {
    const limiter = make({ maxConcurrent: 4, maxPauseMs: 60_000 });
    await failureOf(limiter.run(() => Promise.reject(limited(3000))));
    const next = job();
    const run = limiter.run(next.run);
    await clock.advance(2999);
    should(next.started()).be.false();
    should(limiter.status().pausedMs).equal(1);
    await clock.advance(1);
    should(next.started()).be.true();
    next.finish();
    await run;
    await failureOf(limiter.run(() => Promise.reject(limited(86_400_000))));
    should(limiter.status().pausedMs).equal(60_000);
  });

  it("backs off further with every refusal that names no time, and forgets it after a success", async () => {
    const limiter = make({ maxConcurrent: 4 });
    for (let time = 0; time < 3; time++) {
      const refused = failureOf(
        limiter.run(() => Promise.reject(new DocbridgeError("service-unavailable", { message: "503", retryable: true }))),
      );
      await clock.advance(60_000);
      await refused;
    }
    await failureOf(limiter.run(() => Promise.reject(limited())));
    should(limiter.status().pausedMs).equal(2000);
    await clock.advance(2000);
    await limiter.run(async () => undefined);
    await failureOf(limiter.run(() => Promise.reject(limited())));
    should(limiter.status().pausedMs).equal(250);
  });

  it("takes other failures for no sign of load", async () => {
    const limiter = make({ maxConcurrent: 4 });
    await failureOf(limiter.run(() => Promise.reject(new DocbridgeError("not-found", { message: "404" }))));
    await failureOf(limiter.run(() => Promise.reject(new Error("bug"))));
    should(limiter.status()).match({ limit: 4, pausedMs: 0 });
  });

  it("shrinks when latency rises, and not when only long uploads pass", async () => {
    const limiter = make({ maxConcurrent: 10 });
    const take = async (ms: number, measureLatency = true): Promise<void> => {
      const each = job();
      const run = limiter.run(each.run, undefined, { measureLatency });
      await settle();
      clock.time += ms;
      each.finish();
      await run;
    };
    for (let time = 0; time < 20; time++) await take(20);
    for (let time = 0; time < 10; time++) await take(5000, false);
    should(limiter.limit).equal(10);
    for (let time = 0; time < 6; time++) await take(1000);
    should(limiter.limit).be.below(10);
  });

  it("gives up waiting when the signal is aborted, without using up a turn", async () => {
    const limiter = make({ maxConcurrent: 1 });
    const first = job();
    const running = limiter.run(first.run);
    const stop = new AbortController();
    const second = job();
    const given = failureOf(limiter.run(second.run, stop.signal));
    const third = job();
    const last = limiter.run(third.run);
    await settle();
    stop.abort();
    should(await given).match({ code: "aborted", ambiguous: false });
    first.finish();
    await running;
    await settle();
    should(second.started()).be.false();
    should(third.started()).be.true();
    third.finish();
    await last;
  });

  it("turns waiting work away when it is closed", async () => {
    const limiter = make({ maxConcurrent: 1 });
    const first = job();
    const running = limiter.run(first.run);
    const waiting = failureOf(limiter.run(async () => undefined));
    await settle();
    limiter.close();
    should(await waiting).match({ code: "aborted" });
    should(await failureOf(limiter.run(async () => undefined))).match({ code: "aborted" });
    first.finish();
    await running;
  });
});
