import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import { CmsKit } from "./cms-support.ts";
import { type Json, startWorld, type World } from "./platform-support.ts";

/** What the sandbox does in the place of a governing service; ours, not the vendor's. */
describe("sandbox CMS, restores from a cold tier", () => {
  let world: World;
  let kit: CmsKit;
  let now = Date.now();

  before(async () => {
    world = await startWorld({ now: () => now, tokenLifetimeSeconds: 1_000_000 });
    kit = await CmsKit.open(world);
    await world.setSwitches({ "cms.restore-seconds": 600, "cms.restore-eta-seconds": 500, "cms.restored-copy-seconds": 3600 });
  });
  after(() => world.stop());

  const asked = (requestId: string) => ({ traits: { def_recall: { main: { request_id: requestId } } } });
  const recallOf = (made: Json): Json => made.traits?.def_recall?.main ?? {};
  const request = async (id: unknown, requestId: string) => recallOf((await world.call("PATCH", kit.one(id), asked(requestId))).json);
  const shown = async (id: unknown) => recallOf((await kit.get(kit.one(id))).json);
  const at = (time: number) => new Date(time).toISOString();

  it("accepts a request with an estimate, and has the copy only when its time is over, also after a restart", async () => {
    const { id } = await kit.create();
    const begun = now;
    should(await request(id, "r1")).eql({ request_id: "r1", eta: at(begun + 500_000) });
    now += 599_000;
    should(await shown(id)).not.have.property("available_from");
    await world.restart();
    now += 2_000;
    const there = { available_from: at(begun + 600_000), available_until: at(begun + 4_200_000), cost: 1.5 };
    should(await shown(id)).match({ request_id: "r1", ...there });
  });

  it("takes the same request twice for one, and a new one for another restore", async () => {
    await world.setSwitches({ "cms.restore-seconds": 600, "cms.restore-eta-seconds": 500 });
    const { id } = await kit.create();
    const begun = now;
    await request(id, "r1");
    now += 300_000;
    should((await request(id, "r1")).eta).equal(at(begun + 500_000));
    should((await request(id, "r2")).eta).equal(at(now + 500_000));
    now += 400_000;
    should(await shown(id)).not.have.property("available_from");
  });

  it("answers nothing when switched off, and tells of the end where it is told to", async () => {
    await world.setSwitches({ "cms.restores": false });
    should(await request((await kit.create()).id, "r1")).eql({ request_id: "r1" });
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`;
    await world.setSwitches({ "cms.restores": true, "cms.restore-seconds": 0, "cms.restore-event-url": url });
    const told = once(listener, "request");
    const { id } = await kit.create();
    await request(id, "r9");
    const [incoming, reply] = await told;
    should(JSON.parse(Buffer.concat(await incoming.toArray()).toString())).eql({ objectId: id, requestId: "r9" });
    reply.end();
    listener.close();
  });
});
