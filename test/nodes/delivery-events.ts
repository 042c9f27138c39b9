/** Senders of delivery events for the tests, written from the contract (wire/exstream.md 13.6 V5). */
import { createHmac, randomUUID } from "node:crypto";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { type Answer, deliver, PDF_HEADERS } from "./deliveries.ts";
import { type FlowNode, node } from "./flows.ts";
import { someBytes } from "./values.ts";

export const SECRET = "the-key-of-the-signature";

/** A trigger that takes events at `/events`, signed with SECRET, and is done with one once it has emitted it to `out`. */
export function eventTrigger(values: Fields = {}): FlowNode {
  return node("exstream-trigger", "trigger", {
    ledger: "ledger",
    server: "",
    mode: "events",
    eventPath: "/events",
    secretMode: "required",
    signatureHeader: "X-Exstream-Signature",
    signatureAlgorithm: "sha256",
    signatureEncoding: "hex",
    timestampHeader: "",
    toleranceSeconds: "300",
    eventTypes:
      "generated=sent, sent=sent, delivered=delivered, undeliverable=undeliverable, expired=undeliverable, opened=opened, bounced=bounced",
    eventNames: "eventDate=occurredAt, eventStatus=type, custMetadataId=documentKey, connectorType=channel, eventRef=reason",
    matchBy: "key",
    matchKey: "",
    waitHours: "1",
    pollEvents: false,
    metricsPath: "",
    eventPollSeconds: "0.2",
    doneWhen: "emitted",
    destinations: "",
    maxInFlight: "64",
    wires: [["out"]],
    ...values,
  });
}

export const CREDENTIALS = { trigger: { secret: SECRET } };

export function eventOf(documentKey: string, type = "delivered", more: Fields = {}): Fields {
  return {
    eventId: randomUUID(),
    type,
    occurredAt: "2026-05-04T10:00:00.000Z",
    jobId: "job-1",
    trackerId: "t-1",
    documentKey,
    channel: "email",
    ...more,
  };
}

export function signatureOf(body: string, secret = SECRET): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/** Sends one event or a list, signed. */
export function sendEvents(url: string, events: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const body = typeof events === "string" ? events : JSON.stringify(events);
  return deliver(`${url}/events`, { "Content-Type": "application/json", "X-Exstream-Signature": signatureOf(body), ...headers }, body);
}

/** Delivers a document of a customer by HTTP; gives its id and the key by which events name it. */
export async function sendDocument(url: string, customer: string): Promise<{ id: string; key: string }> {
  const headers = { ...PDF_HEADERS, "X-Exstream-Customer-Number": customer, "X-Exstream-Meta-Account-Number": `A-${customer}` };
  const { body } = await deliver(`${url}/in`, headers, someBytes(500));
  return { id: String(body.documentId), key: keyOf(customer) };
}

/** As the contract has it: `jobId|flowStepId|queueName|customerNumber|fileName`. */
export function keyOf(customer: string): string {
  return `job-1||PDF_OUT|${customer}|statement.pdf`;
}
