import should from "should";
import { CmsPerson } from "./cms-person.ts";
import { node } from "./flows.ts";
import { rigOfSuite, type SeenMessage } from "./rig.ts";
import { randomOf, Turns } from "./turns.ts";
import { until } from "./values.ts";

const SEEDS = Number(process.env.DOCBRIDGE_RACE_SEEDS ?? 24);

const lifecycle = (id: string, values = {}) =>
  node("css-lifecycle", id, {
    tenant: "css",
    findBy: "id",
    cmsType: "def_statement",
    objectId: "{{payload}}",
    matter: "{{matter}}",
    by: "",
    holdAcl: "",
    traitPrefix: "def",
    waitSeconds: "5",
    wires: [["out"]],
    ...values,
  });
const NODES = [
  lifecycle("hold", { operation: "hold" }),
  lifecycle("hold-acl", { operation: "hold", holdAcl: "record" }),
  lifecycle("delete", { operation: "delete", deletion: "forGood" }),
  lifecycle("bin", { operation: "delete", deletion: "bin" }),
  lifecycle("expire", { operation: "expire", deletion: "forGood" }),
  lifecycle("dispose", { operation: "dispose", deletion: "forGood", ledger: "ledger", person: "auditor" }),
];
/** What may become of a hold that does not come to hold. */
const HOLD_REFUSALS = ["not-found", "being-deleted", "connection-lost", "refused", "unexpected-reply"];
const DELETE_REFUSALS = ["on-hold", "not-found", "permission-denied", "connection-lost", "unexpected-reply", "policy-unconfirmed"];

describe("css-lifecycle, holds against deletions", function () {
  this.timeout(SEEDS * 3_000 + 60_000);
  const rig = rigOfSuite();
  let turns: Turns;
  before(async () => {
    turns = new Turns(rig.sandbox.description.cms.baseUrl);
    await turns.start();
  });
  after(() => turns.stop());

  const person = () => new CmsPerson(rig.sandbox.description);
  /** Somebody whose requests wait for their turn, too. */
  const clerk = () => new CmsPerson({ ...rig.sandbox.description, cms: { ...rig.sandbox.description.cms, baseUrl: turns.url } });
  /** An object that may be deleted and is due, so that a hold alone can save it. */
  async function dueObject(): Promise<string> {
    const traits = { def_retention: { main: { retain_until: "2020-01-01", disposition: "delete" } } };
    const body = { name: "due", properties: { customer_number: "4711" }, traits };
    return (await person().ask("POST", "/instances/file/def_statement", body)).id as string;
  }
  /** Somebody else has scheduled its destruction, before any hold. */
  async function scheduled(id: string): Promise<void> {
    const scheduled = { id: `d-${id}`, objectId: id, type: "def_statement", scheduledBy: "clerk", scheduledAt: "2026-01-01T00:00:00Z" };
    await (await rig.ledger()).bookmarks.set("disposition/css", id, { scheduled: { ...scheduled, retainUntil: "2020-01-01" } });
  }
  const shown = (id: string) =>
    person()
      .ask("GET", person().statement(id))
      .catch(() => undefined);

  it(`no deletion succeeds on an object with a confirmed hold, in ${SEEDS} interleavings of holds, deletions, expiries and dispositions`, async () => {
    await rig.load(NODES, { css: { cmsUrl: turns.url } });
    const tally = { held: 0, deleted: 0, refusedHolds: 0, refusedDeletions: 0 };
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const random = randomOf(seed);
      turns.log.length = 0;
      const id = await dueObject();
      const holds = Array.from({ length: 1 + Math.floor(random() * 2) }, (_, at) => ({
        at: random() < 0.5 ? "hold" : "hold-acl",
        matter: `M-${seed}-${at}`,
      }));
      const deleters = ["delete", "bin", "expire", "dispose"].filter(() => random() < 0.7);
      if (deleters.length === 0) deleters.push("delete");
      if (deleters.includes("dispose")) await scheduled(id);
      const [out, caught] = [rig.messages().length, rig.messages("caught").length];
      for (const at of deleters) rig.send(at, { payload: id, run: at });
      const outcomes = () => rig.messages().length + rig.messages("caught").length - out - caught;
      // In half of the runs the holds come when the deletions are some way along.
      const late = random() < 0.5 ? Math.floor(random() * 16) : 0;
      const begin = until("the turn of the holds", () => turns.log.length >= late || outcomes() >= deleters.length).then(() => {
        for (const { at, matter } of holds) rig.send(at, { payload: id, matter, run: `${at} ${matter}` });
      });
      // Another program that knows nothing of holds makes a version that does not carry them.
      const version = { name: "next", properties: { customer_number: "4711" } };
      const other =
        random() < 0.4
          ? clerk()
              .ask("POST", clerk().statement(id, "/nextVersion"), version)
              .catch(() => undefined)
          : undefined;
      const all = until("every message has its outcome", () => outcomes() >= holds.length + deleters.length);
      const story = () => `seed ${seed}\n${turns.log.join("\n")}`;
      // In every third run some replies are lost.
      await turns.during(Promise.all([begin, all, other]), { random, lossRate: seed % 3 === 0 ? 0.06 : 0 }).catch((error) => {
        throw new Error(`${error.message} ${story()}`);
      });
      const went = rig.messages().slice(out).map(runOf);
      const failed = rig.messages("caught").slice(caught);
      const confirmed = went.filter((run) => run.startsWith("hold"));
      const deleted = went.filter((run) => !run.startsWith("hold"));
      const object = await shown(id);
      should(deleted.length > 0 && confirmed.length > 0).equal(false, `a held object was deleted: ${story()}`);
      if (confirmed.length > 0) {
        should(object !== undefined).equal(true, `a held object is gone: ${story()}`);
        const traits = (object?.traits ?? {}) as Record<string, Record<string, { matter_id: string }>>;
        const named = traits.def_legal_hold ?? {};
        const matters = Object.values(named).map(({ matter_id }) => matter_id);
        for (const run of confirmed) should(matters).containEql(run.split(" ")[1]);
      }
      if (deleted.length > 0) should(object).be.undefined();
      for (const message of failed) {
        const isHold = runOf(message).startsWith("hold");
        const { code, message: why } = message.error ?? {};
        should((isHold ? HOLD_REFUSALS : DELETE_REFUSALS).includes(code ?? "")).equal(true, `${runOf(message)}: ${why}, ${story()}`);
        tally[isHold ? "refusedHolds" : "refusedDeletions"] += 1;
      }
      tally.held += confirmed.length;
      tally.deleted += deleted.length;
    }
    // Both sides must have won often, or the orders were not what they are meant to be.
    for (const count of Object.values(tally)) count.should.be.above(SEEDS / 20);
  });

  it("and the same orders do break a deletion that only reads before it deletes", async () => {
    await rig.load(NODES, { css: { cmsUrl: turns.url } });
    let broken = 0;
    for (let seed = 1; seed <= 40 && broken === 0; seed += 1) {
      const id = await dueObject();
      const before = rig.messages().length + rig.messages("caught").length;
      rig.send("hold", { payload: id, matter: "M" });
      const naive = async () => {
        const { traits } = await clerk().ask("GET", clerk().statement(id));
        if (!("def_legal_hold" in (traits as object))) await clerk().ask("DELETE", clerk().statement(id, "/all"));
      };
      const answered = until("the hold has its outcome", () => rig.messages().length + rig.messages("caught").length > before);
      const held = rig.messages().length;
      await turns.during(Promise.all([naive(), answered]), { random: randomOf(seed), lossRate: 0 });
      if (rig.messages().length > held && !(await shown(id))) broken += 1;
    }
    should(broken).equal(1);
  });
});

function runOf(message: SeenMessage): string {
  return (message as unknown as { run: string }).run;
}
