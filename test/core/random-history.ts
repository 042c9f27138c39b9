import { DocbridgeError } from "../../dist/core/errors.js";
import type { ActionName, DocumentFilter } from "../../dist/core/ledger/console.js";
import type { DocumentRecord, IntentClaim, Ledger } from "../../dist/core/ledger/ledger.js";
import type { Random } from "./intake-support.ts";
import { admission } from "./ledger-contract.ts";

const operator = { who: "olga", why: "because" };
const TARGETS = ["documentum", "css", "print"];
const ACTIONS: ActionName[] = ["retry", "replay", "route-again", "reject", "accept"];

/** Does to a ledger what flows and operators do, in an order that only depends on the generator. */
export class RandomHistory {
  private readonly ledger: Ledger;
  private readonly random: Random;
  private readonly inFlow: DocumentRecord[] = [];
  private readonly claims: IntentClaim[] = [];
  private admitted = 0;

  constructor(ledger: Ledger, random: Random) {
    this.ledger = ledger;
    this.random = random;
  }

  async step(): Promise<void> {
    const steps = [this.admit, this.admit, this.lease, this.route, this.claim, this.claim, this.receive, this.receive, this.verify];
    const step = this.oneOf([...steps, this.fail, this.emit, this.giveBack, this.act, this.hold, this.letBytesGo]);
    try {
      await step.call(this);
    } catch (error) {
      // A claim that was settled meanwhile is fenced off; nothing else may go wrong.
      if (!(error instanceof DocbridgeError && error.code === "fenced")) throw error;
    }
  }

  private async admit(): Promise<void> {
    const number = this.admitted++;
    const source = { system: "exstream", channel: "http", customerNumber: this.maybe("c", 4), jobId: this.maybe("j", 3) } as const;
    await this.ledger.admit(
      admission(number, {
        source,
        batch: this.below(3) ? { id: `b${this.below(4)}`, ...(this.below(2) ? { expected: 1 + this.below(8) } : {}) } : undefined,
        businessKey: this.maybe("k", 150),
        sourceKey: this.maybe("s", 300),
        targets: TARGETS.filter(() => this.below(2)),
        doneWhen: this.oneOf(["receipts", "receipts", "emitted", "route"]),
      }),
    );
  }

  private async lease(): Promise<void> {
    const records = await this.ledger.lease({ origin: "trigger", holder: `h${this.below(2)}`, maxInFlight: 1 + this.below(12) });
    this.inFlow.push(...records);
  }

  private async route(): Promise<void> {
    const targets = TARGETS.filter(() => this.below(2));
    const route = { table: "t", version: 1, rule: "r", destinations: targets, priority: this.below(10) };
    await this.withOne(({ id, fence }) =>
      this.ledger.routing.routed({ id, fence, route, targets, hold: this.below(5) === 0 && targets.length > 0, errors: [] }),
    );
  }

  private async claim(): Promise<void> {
    await this.withOne(async ({ id, fence }) => {
      const target = this.oneOf(TARGETS);
      const intent = await this.ledger.intent({ id, fence, target });
      if ("token" in intent) this.claims.push({ id, target, token: intent.token });
    });
  }

  private async receive(): Promise<void> {
    const [claim] = this.claims.splice(this.below(this.claims.length), 1);
    if (claim) await this.ledger.receipt(claim, this.receipt(this.below(3) > 0));
  }

  /** Also of targets that had given no receipt yet. */
  private async verify(): Promise<void> {
    await this.withOne(({ id }) => this.ledger.verified(id, this.oneOf(TARGETS), this.receipt(true)));
  }

  private async fail(): Promise<void> {
    const code = this.oneOf(["refused", "timeout", "unknown-type"] as const);
    const error = { code, message: `text ${this.below(5)}`, retryable: this.below(2) > 0, ambiguous: this.below(2) > 0 };
    await this.withOne(({ id, fence }) => this.ledger.fail({ id, fence, error }));
  }

  private async emit(): Promise<void> {
    await this.withOne(({ id, fence }) => this.ledger.emitted(id, fence));
  }

  private async giveBack(): Promise<void> {
    if (this.below(3) === 0) await this.ledger.releaseHolder(`h${this.below(2)}`);
    else await this.withOne(({ id, fence }) => this.ledger.release(id, fence, 0));
  }

  private async act(): Promise<void> {
    const action = this.oneOf(ACTIONS);
    const filter: DocumentFilter = this.oneOf([
      { batch: `b${this.below(4)}` },
      { job: `j${this.below(3)}` },
      { customer: `c${this.below(4)}` },
    ]);
    await this.ledger.console.act(action, { filter }, operator);
  }

  private async hold(): Promise<void> {
    const target = this.oneOf(TARGETS);
    if (this.below(3) === 0) await this.ledger.routing.hold(target, operator);
    else await this.ledger.routing.releaseHold(target, operator);
  }

  private async letBytesGo(): Promise<void> {
    if (this.below(4) === 0) await this.ledger.contentReleased(await this.ledger.releasableContent(Date.now(), 2));
  }

  /** Mostly a document in the flow; sometimes one that left it, as a late message does. */
  private async withOne(work: (record: DocumentRecord) => Promise<unknown>): Promise<void> {
    const record = this.inFlow[this.below(this.inFlow.length)];
    if (record) await work(record);
  }

  private receipt(verified: boolean) {
    const orphans = this.below(4) === 0 ? { suspectedOrphans: 1 + this.below(3) } : {};
    return { objectId: "o", at: "2026-01-01T00:00:00.000Z", ...orphans, ...(verified ? { verified: "read-back" as const } : {}) };
  }

  private maybe(prefix: string, of: number): string | undefined {
    return this.below(4) === 0 ? undefined : `${prefix}${this.below(of)}`;
  }

  private oneOf<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  private below(limit: number): number {
    return this.random.below(limit);
  }
}
