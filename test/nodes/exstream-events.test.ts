import { createHmac } from "node:crypto";
import { buffer } from "node:stream/consumers";
import should from "should";
import type { DeliveryMessage } from "../../dist/exstream/exstream-trigger/events/event-release.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { deliver, httpTrigger } from "./deliveries.ts";
import { CREDENTIALS, eventOf, eventTrigger, keyOf, SECRET, sendDocument, sendEvents, signatureOf } from "./delivery-events.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite, type SeenMessage } from "./rig.ts";
import { sha256 } from "./values.ts";

describe("exstream-trigger, delivery events", () => {
  const rig = rigOfSuite();
  const load = (values: Fields = {}, more: Fields = {}) =>
    rig.load([eventTrigger(values), httpTrigger({ id: "documents", wires: [["came"]], ...more }), node("helper", "came")], {}, CREDENTIALS);
  const deliveryOf = (message: SeenMessage | undefined) => (message as unknown as { deliveryEvent: DeliveryMessage }).deliveryEvent;
  const deliveriesIn = async (id: string) =>
    (await (await rig.ledger()).events(id)).filter(({ type }) => type === "delivery").map(({ data }) => data);
  const send = (events: unknown, headers?: Record<string, string>) => sendEvents(rig.url, events, headers);

  it("becomes a message with its document, and an entry in the document's chain", async () => {
    await load();
    const document = await sendDocument(rig.url, "e1");
    const event = eventOf(document.key, "bounced", { reason: "mailbox full", recipient: "a@example.test" });
    const answer = await send(event);
    should(answer).match({ status: 201, body: { status: "stored", eventId: event.eventId, duplicate: false } });
    const [message] = await rig.received();
    const carried = documentOf(message);
    const proof = sha256(Buffer.from(JSON.stringify(event)));
    should(deliveryOf(message)).match({
      id: event.eventId,
      type: "bounced",
      at: event.occurredAt,
      channel: "email",
      reason: "mailbox full",
      recipient: "a@example.test",
      proof,
      documentId: document.id,
    });
    should(carried.about).match({ id: document.id, metadata: { accountNumber: "A-e1" }, deliveries: { bounced: event.occurredAt } });
    should(sha256(await buffer(await carried.content.open()))).equal(proof);
    should((await buffer(await (carried.about as NonNullable<typeof carried.about>).content.open())).length).equal(500);
    should(await deliveriesIn(document.id)).match([{ event: event.eventId, type: "bounced", proof, document: carried.id }]);
    await rig.inState(carried.id, "closed");
  });

  it("is taken once: sent again, in a list, with other bytes, at the same time", async () => {
    await load();
    const { id, key } = await sendDocument(rig.url, "e2");
    const [first, second] = [eventOf(key, "sent"), eventOf(key, "delivered")];
    const answers = await Promise.all([send(first), send(first), send(first)]);
    should(answers.map(({ status }) => status).sort()).eql([200, 200, 201]);
    should(await send([first, second])).match({ status: 201, body: { events: [{ duplicate: true }, { duplicate: false }] } });
    should(await send({ ...second, more: "words" })).match({ status: 200, body: { duplicate: true } });
    await rig.received(2);
    should((await deliveriesIn(id)).map(({ type }) => type).sort()).eql(["delivered", "sent"]);
    should(await send({ ...second, type: "bounced" })).match({ status: 409, body: { code: "conflict" } });
    should(rig.messages().length).equal(2);
  });

  it("keeps the bytes of each event of a list as they stand in it", async () => {
    await load();
    const { key } = await sendDocument(rig.url, "e3");
    const one = `{ "eventId":"l-1", "type":"sent","occurredAt":1767225600000, "documentKey":${JSON.stringify(key)}, "reason":"a \\"]},{[" }`;
    const two = JSON.stringify(eventOf(key, "opened", { eventId: "l-2" }));
    should(await send(` [ ${one} ,\n${two}\t] `)).match({ status: 201 });
    const messages = await rig.received(2);
    const byId = (id: string) => deliveryOf(messages.find((message) => deliveryOf(message).id === id));
    should(byId("l-1")).match({ proof: sha256(Buffer.from(one)), at: "2026-01-01T00:00:00.000Z" });
    should(byId("l-2").proof).equal(sha256(Buffer.from(two)));
  });

  it("waits for its document, also over a restart, and goes when it comes", async () => {
    await load();
    const { body } = await send(eventOf(keyOf("e4")));
    await rig.inState(String(body.documentId), "parked");
    await rig.redeploy({ out: { name: "restarted" } });
    const other = await sendDocument(rig.url, "e5");
    await send(eventOf(other.key));
    should(documentOf((await rig.received())[0]).about?.id).equal(other.id);
    const { id } = await sendDocument(rig.url, "e4");
    should(documentOf((await rig.received(2))[1])).match({ id: body.documentId, about: { id } });
  });

  it("is quarantined at its deadline when no document comes, for a person to see and to retry", async () => {
    await load({ waitHours: "0" });
    const { body } = await send(eventOf(keyOf("e6")));
    should((await rig.caught()).error).match({ code: "event-unmatched" });
    const quarantined = await rig.inState(String(body.documentId), "quarantined");
    should(quarantined.error?.code).equal("event-unmatched");
    const { id } = await sendDocument(rig.url, "e6");
    await (await rig.ledger()).console.act("retry", { ids: [quarantined.id] }, { who: "operator", why: "it is there now" });
    should(documentOf((await rig.received())[0]).about?.id).equal(id);
  });

  it("is quarantined when several documents fit, and goes by a rule that tells them apart", async () => {
    await load({ matchBy: "job" });
    const documents = await Promise.all(["e7", "e8"].map((customer) => sendDocument(rig.url, customer)));
    const { body } = await send(eventOf("", "opened", { documentKey: undefined, fileName: "statement.pdf" }));
    const error = (await rig.inState(String(body.documentId), "quarantined")).error;
    should(error).match({ code: "event-ambiguous" });
    for (const { id } of documents) should(error?.message).containEql(id);
    await send(eventOf("", "opened", { documentKey: undefined, customerNumber: "e8" }));
    should(documentOf((await rig.received())[0]).about?.id).equal(documents[1]?.id);
  });

  it("finds its document by the business key that a template makes of it", async () => {
    await load({ matchBy: "business-key", matchKey: "{{customerNumber}}/{{month}}" }, { businessKey: "{{source.customerNumber}}/05" });
    const { id } = await sendDocument(rig.url, "e9");
    await send(eventOf("", "sent", { customerNumber: "e9", month: "05" }));
    should(documentOf((await rig.received())[0]).about?.id).equal(id);
  });

  describe("is refused, with a code", () => {
    const good = eventOf(keyOf("none"));
    const refusals: [string, unknown, Record<string, string>, number, string][] = [
      ["without a signature", good, { "X-Exstream-Signature": "" }, 401, "unauthorized-intake"],
      ["with another secret", good, { "X-Exstream-Signature": signatureOf(JSON.stringify(good), "other") }, 401, "unauthorized-intake"],
      ["with the signature of another body", good, { "X-Exstream-Signature": signatureOf("{}") }, 401, "unauthorized-intake"],
      ["as broken JSON", '{"eventId":', {}, 400, "body-unreadable"],
      ["as no JSON at all", "<event/>", {}, 400, "body-unreadable"],
      ["in a huge body", " ".repeat(6 * 1024 * 1024), {}, 413, "body-too-large"],
      ["as a huge event", { ...good, reason: "x".repeat(70_000) }, {}, 413, "body-too-large"],
      ["in a huge list", Array.from({ length: 1_001 }, () => good), {}, 413, "body-too-large"],
      ["of an unknown type", { ...good, eventId: "r1", type: "eaten" }, {}, 422, "event-unreadable"],
      ["without an id", { ...good, eventId: undefined }, {}, 422, "event-unreadable"],
      ["without a time", { ...good, eventId: "r2", occurredAt: "yesterday" }, {}, 422, "event-unreadable"],
      ["as a plain value", "17", {}, 422, "event-unreadable"],
    ];
    for (const [name, body, headers, status, code] of refusals) {
      it(name, async () => {
        await load();
        should(await send(body, headers)).match({ status, body: { code, message: /\S/ } });
      });
    }

    it("and kept when it is signed, while the others of its list are taken", async () => {
      await load();
      const { key } = await sendDocument(rig.url, "r3");
      const bad = { ...eventOf(key), type: "eaten" };
      const answer = await send([bad, eventOf(key, "opened")]);
      should(answer).match({
        status: 422,
        body: { code: "event-unreadable", subject: "type", events: [{ code: "event-unreadable" }, { duplicate: false }] },
      });
      should(deliveryOf((await rig.received())[0]).type).equal("opened");
      const kept = await rig.inState(String(answer.body.documentId), "quarantined");
      should(rig.inSpool(kept.content.sha256)).equal(sha256(Buffer.from(JSON.stringify(bad))));
      should(JSON.stringify(kept.error)).not.containEql("eaten");
    });
  });

  it("is signed in other ways where that is set up, with a time that must not be old", async () => {
    await load({
      signatureHeader: "X-Sign",
      signatureAlgorithm: "sha512",
      signatureEncoding: "base64",
      timestampHeader: "X-Time",
      toleranceSeconds: "60",
    });
    const { key } = await sendDocument(rig.url, "e10");
    const body = JSON.stringify(eventOf(key));
    const post = (at: number, time = String(at)) => {
      const signature = createHmac("sha512", SECRET).update(`${time}.${body}`).digest("base64");
      return deliver(`${rig.url}/events`, { "Content-Type": "application/json", "X-Sign": signature, "X-Time": String(at) }, body);
    };
    const now = Math.floor(Date.now() / 1000);
    should((await post(now - 120)).status).equal(401);
    should((await post(now, String(now - 1))).status).equal(401);
    should((await post(now)).status).equal(201);
    await rig.received();
  });

  it("is not taken by a trigger that needs a secret and has none", async () => {
    await rig.load([eventTrigger()]);
    await rig.shown("trigger", "configuration");
    should(rig.errors().join()).match(/secret/);
  });
});
