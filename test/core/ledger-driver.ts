import should from "should";
import type { Receipt } from "../../dist/core/document.js";
import type { ErrorCode } from "../../dist/core/errors.js";
import type { Admission, DocumentRecord, Ledger } from "../../dist/core/ledger/ledger.js";
import { admission } from "./ledger-contract.ts";

/** Brings documents into the states tests need, the way nodes do it. Each ends outside the flow unless it says otherwise. */
export class LedgerDriver {
  private readonly ledger: Ledger;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  async admit(number: number, more: Partial<Admission> = {}): Promise<string> {
    return (await this.ledger.admit(admission(number, more))).id;
  }

  lease(maxInFlight: number): Promise<DocumentRecord[]> {
    return this.ledger.lease({ origin: "trigger", holder: "h1", maxInFlight });
  }

  /** The next document goes into the flow. */
  async leaseOne(): Promise<DocumentRecord> {
    const [record] = await this.lease(1);
    should(record).be.ok();
    return record as DocumentRecord;
  }

  /** As an archiving node that succeeds. */
  async receive(id: string, fence: number, target: string, verified: boolean): Promise<void> {
    const intent = await this.ledger.intent({ id, fence, target });
    should(intent).have.property("token");
    const receipt: Receipt = { objectId: target, at: "2026-01-01T00:00:00.000Z", ...(verified ? { verified: "read-back" } : {}) };
    await this.ledger.receipt({ id, target, token: (intent as { token: number }).token }, receipt);
  }

  /** The router's decision about a document in the flow. */
  route({ id, fence }: DocumentRecord, targets: string[], { rule = "r", priority = 0, hold = false } = {}) {
    const route = { table: "t", version: 1, rule, destinations: targets, priority };
    return this.ledger.routing.routed({ id, fence, route, targets, hold, errors: [] });
  }

  /** All its destinations give verified receipts. */
  async close({ id, fence, targets }: DocumentRecord): Promise<void> {
    for (const target of targets) await this.receive(id, fence, target, true);
  }

  async closed(number: number): Promise<string> {
    await this.admit(number);
    const record = await this.leaseOne();
    await this.close(record);
    return record.id;
  }

  async quarantined(number: number, code: ErrorCode = "refused", message = "no", more: Partial<Admission> = {}): Promise<string> {
    await this.admit(number, more);
    const { id, fence } = await this.leaseOne();
    await this.ledger.fail({ id, fence, error: { code, message, retryable: false, ambiguous: false } });
    return id;
  }

  /** Beside it a rejected document, with which it clashed. */
  async conflict(number: number): Promise<string> {
    const first = await this.quarantined(number + 5000, "refused", "no", { businessKey: `clash ${number}` });
    const { id, outcome } = await this.ledger.admit(admission(number, { businessKey: `clash ${number}` }));
    should(outcome).equal("conflict");
    await this.ledger.console.act("reject", { ids: [first] }, { who: "driver", why: "set-up" });
    return id;
  }

  async rejected(number: number): Promise<string> {
    const id = await this.quarantined(number);
    await this.ledger.console.act("reject", { ids: [id] }, { who: "driver", why: "set-up" });
    return id;
  }

  async held(number: number, destination: string, priority: number): Promise<string> {
    await this.admit(number, { targets: [], doneWhen: "route" });
    const record = await this.leaseOne();
    should(await this.route(record, [destination], { priority, hold: true })).match({ outcome: "held" });
    return record.id;
  }

  async routed(number: number): Promise<string> {
    await this.admit(number, { targets: [], doneWhen: "route" });
    const record = await this.leaseOne();
    await this.route(record, ["css"]);
    return this.putBack(record);
  }

  async archiving(number: number): Promise<string> {
    await this.admit(number);
    const record = await this.leaseOne();
    await this.ledger.intent({ id: record.id, fence: record.fence, target: "css" });
    return this.putBack(record);
  }

  async archived(number: number): Promise<string> {
    await this.admit(number);
    const record = await this.leaseOne();
    for (const target of record.targets) await this.receive(record.id, record.fence, target, false);
    return this.putBack(record);
  }

  /** So that times that must differ do. */
  async nextMillisecond(): Promise<void> {
    const now = Date.now();
    while (Date.now() <= now + 1) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Waits long in the ledger, so that it is not the next to go into the flow. */
  private async putBack({ id, fence }: DocumentRecord): Promise<string> {
    await this.ledger.release(id, fence, 3_600_000);
    return id;
  }
}
