import type { Store } from "../kernel/store";
import type { Switches } from "../kernel/switches";
import type { InstanceStore } from "./instance-store";
import type { Instance, Traits } from "./model";

interface Accepted {
  requestId: string;
  dueAt: number;
  untilAt: number;
  cost: number;
}

const MAIN = "main";

/**
 * Answers requests for restores as a governing service might. NOT the vendor's behaviour: no interface of such a service is
 * known (wire/css.md section 11). A new `request_id` in a trait that ends in `_recall` is a request; the answer goes into the
 * same trait. A request is only accepted at first; the copy is there when its time is over, and goes again.
 */
export class Restores {
  private readonly accepted;

  constructor(
    store: Store,
    private readonly instances: InstanceStore,
    private readonly switches: Switches,
    private readonly now: () => number,
  ) {
    this.accepted = store.collection<Accepted>("restore");
    switches.declare("cms.restores", true, "Requests for restores (our trait ..._recall) are answered. NOT the vendor's behaviour");
    switches.declare("cms.restore-seconds", 5, "How long a restore takes");
    switches.declare("cms.restore-eta-seconds", 5, "How long a restore is said to take");
    switches.declare("cms.restored-copy-seconds", 86_400, "How long a restored copy stays");
    switches.declare("cms.restore-cost", 1.5, "What a restore costs");
    switches.declare("cms.restore-event-url", "", "Where the end of a restore is told (POST); empty: the event is lost");
  }

  /** The traits of a change, with an estimate where they ask for a restore. */
  answered(instance: Instance, traits: Traits): Traits {
    const asked = requestIn(traits);
    if (!asked || asked.requestId === requestIn(instance.traits)?.requestId || !this.switches.isOn("cms.restores")) return traits;
    const dueAt = this.now() + this.seconds("cms.restore-seconds");
    const untilAt = dueAt + this.seconds("cms.restored-copy-seconds");
    this.accepted.put(instance.id, { requestId: asked.requestId, dueAt, untilAt, cost: this.switches.numberOf("cms.restore-cost") });
    this.tell(instance.id, asked.requestId);
    return withAnswer(traits, asked.trait, { eta: this.text(this.now() + this.seconds("cms.restore-eta-seconds")) });
  }

  /** The instance, with the restored copy where its time has come. */
  current(instance: Instance): Instance {
    const asked = requestIn(instance.traits);
    const accepted = asked && this.accepted.get(instance.id);
    if (!accepted || accepted.requestId !== asked.requestId || accepted.dueAt > this.now()) return instance;
    this.accepted.delete(instance.id);
    const { dueAt, untilAt, cost } = accepted;
    const answer = { available_from: this.text(dueAt), available_until: this.text(untilAt), cost };
    return this.instances.put({ ...instance, traits: withAnswer(instance.traits, asked.trait, answer) });
  }

  private tell(objectId: string, requestId: string): void {
    const url = this.switches.get("cms.restore-event-url") as string;
    if (!url) return;
    const body = JSON.stringify({ objectId, requestId });
    const send = () => void fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => undefined);
    setTimeout(send, this.seconds("cms.restore-seconds")).unref();
  }

  private seconds(name: string): number {
    return this.switches.numberOf(name) * 1000;
  }

  private text(time: number): string {
    return new Date(time).toISOString();
  }
}

function requestIn(traits: Traits): { trait: string; requestId: string } | undefined {
  const trait = Object.keys(traits).find((name) => name.endsWith("_recall"));
  if (!trait) return undefined;
  const requestId = traits[trait]?.[MAIN]?.request_id;
  return typeof requestId === "string" ? { trait, requestId } : undefined;
}

function withAnswer(traits: Traits, trait: string, answer: Record<string, unknown>): Traits {
  return { ...traits, [trait]: { ...traits[trait], [MAIN]: { ...traits[trait]?.[MAIN], ...answer } } };
}
