import type { Exchange } from "../../kernel/exchange";
import type { EventRecord } from "../events/events";
import { EVENT_TYPES, type EventType, eventSettingsOf } from "../events/settings";
import { DOMAIN } from "../seed";
import { choice, fieldsOf, SettingsError } from "../settings";
import { control } from "./control-route";
import { type Desk, offer, Refusal, sendData } from "./desk";

const PATH = "/sandbox/exstream/events";
const METRICS = "/ei/api/v1/eventmetrics";

/**
 * The sandbox's own routes for events (V5): `GET` and `PUT` `/sandbox/exstream/events` for which of them come of documents and where
 * they are posted, `POST` to raise one: `{type, trackerId, reason}`, or `{type, jobId, fileName, reason}`.
 */
export function offerEventAdmin(desk: Desk): void {
  const { events } = desk;
  control(desk, "GET", PATH, (exchange) => sendSettings(desk, exchange));
  control(desk, "PUT", PATH, async (exchange) => {
    events.configure(DOMAIN, eventSettingsOf(await exchange.bodyJson()));
    sendSettings(desk, exchange);
  });
  control(desk, "POST", PATH, async (exchange) => {
    const { type, trackerId, jobId, fileName, reason } = fieldsOf(await exchange.bodyJson(), "the event");
    if (type === undefined) throw new SettingsError(`type must be one of ${EVENT_TYPES.join(", ")}`);
    const wanted: EventType = choice(type, [...EVENT_TYPES], "type");
    const job = desk.records.jobs.get(String(jobId));
    const output = job ? desk.records.outputNamed(job.run.instanceId, String(fileName)) : desk.records.output(String(trackerId));
    if (!output) throw new SettingsError("there is no document of this trackerId, or of this jobId and fileName");
    const event = events.raiseOne(DOMAIN, output, wanted, reason === undefined ? undefined : String(reason));
    if (!event) throw new SettingsError(`events are not set up; PUT ${PATH} does that`);
    exchange.json(201, { eventId: event.eventId });
  });
}

function sendSettings(desk: Desk, exchange: Exchange): void {
  const settings = desk.events.settingsOf(DOMAIN);
  const counts: Record<string, number> = {};
  for (const { state } of desk.events.all.values()) counts[state] = (counts[state] ?? 0) + 1;
  exchange.json(200, { settings: settings ? { ...settings, secret: "***" } : null, counts });
}

/** Numbers of the event types; the vendor's are not public, so these are simulated. */
const TYPE_CODES: Record<EventType, number> = { generated: 1, delivered: 2, undeliverable: 3, opened: 4, bounced: 5, expired: 6 };

/** Values of `connectorType` by communication channel; simulated as well. */
const CONNECTORS: Record<string, string> = { email: "EMAIL", sms: "SMS", mobile: "MOBILE", print: "PRINT" };

/** Event metrics (wire/exstream.md 9.7; V2). The vendor marks them as internal: they are there only when the switch is on. */
export function offerEventMetrics(desk: Desk): void {
  const metrics = (path: string, handler: (exchange: Exchange) => unknown) =>
    offer(desk, "GET", METRICS + path, (exchange, { tenant }) => {
      if (!desk.app.switches.isOn("exstream.event-metrics"))
        throw new Refusal(404, "event metrics are off (switch exstream.event-metrics)");
      if (exchange.param("tenant") !== tenant) throw new Refusal(404, `there is no tenant '${exchange.param("tenant")}'`);
      sendData(exchange, handler(exchange));
    });
  metrics("/email-event/:tenant/:domain/content", (exchange) => {
    const connector = exchange.query.get("connectorType");
    return since(desk, exchange)
      .filter(({ channel }) => connector === null || CONNECTORS[channel] === connector)
      .map((event) => shownEmailEvent(event, exchange));
  });
  metrics("/events/:tenant/:domain/content", (exchange) => {
    const type = exchange.query.get("eventType");
    return since(desk, exchange)
      .filter((event) => type === null || String(TYPE_CODES[event.type]) === type)
      .map((event) => ({
        id: event.eventId,
        eventType: TYPE_CODES[event.type],
        domainId: exchange.param("domain"),
        customMetadataId: event.documentKey,
        eventTime: event.occurredAt,
        lastUpdateTime: new Date(event.updated).toISOString(),
        processingState: 5,
        eventMetadata: { type: event.type, channel: event.channel, reason: event.reason },
        customMetadata: { trackerId: event.trackerId, jobId: event.jobId },
      }));
  });
  metrics("/docgen-event/:tenant/:domain/:step/metadata", (exchange) => {
    const step = desk.records.step(exchange.param("step"));
    const outputs = step ? desk.records.outputsOf(step.flowInstanceId) : [];
    return outputs.map(({ id, customerNumber, queueName, fileName, keys }) => ({
      trackerId: id,
      customerNumber,
      queueName,
      fileName,
      keys,
    }));
  });
}

function shownEmailEvent(event: EventRecord, exchange: Exchange): object {
  return {
    eventId: event.eventId,
    connectorType: CONNECTORS[event.channel],
    custMetadataId: event.documentKey,
    domainId: exchange.param("domain"),
    eventDate: event.occurredAt,
    eventType: TYPE_CODES[event.type],
    jobId: event.jobId,
    lastUpdateTime: new Date(event.updated).toISOString(),
    processingState: 5,
    tenantId: exchange.param("tenant"),
    trackerId: event.trackerId,
    eventRef: event.reason ?? "",
    eventStatus: event.type,
  };
}

/** Events last touched from `lastUpdateTimeStart` on and before `lastUpdateTimeEnd`, the oldest first; ISO 8601 or milliseconds. */
function since(desk: Desk, exchange: Exchange): EventRecord[] {
  const from = timeOf(exchange, "lastUpdateTimeStart") ?? Number.NEGATIVE_INFINITY;
  const to = timeOf(exchange, "lastUpdateTimeEnd") ?? Number.POSITIVE_INFINITY;
  return [...desk.events.all.values()].filter(({ updated }) => updated >= from && updated < to).sort((a, b) => a.updated - b.updated);
}

function timeOf(exchange: Exchange, name: string): number | undefined {
  const value = exchange.query.get(name);
  if (value === null || value === "") return undefined;
  const time = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
  if (Number.isNaN(time)) throw new Refusal(400, `${name} must be a time in ISO 8601 or in milliseconds since 1970`);
  return time;
}
