import type { Request, Response } from "express";
import { asDocbridgeError, DocbridgeError } from "../../../core/errors";
import type { AdmissionRules } from "../../../core/intake/admission";
import { type DeliveryEvent, type DeliveryRules, deliveryAdmission, readDeliveryEvent } from "../../../core/intake/delivery-event";
import { elementsOf } from "../../../core/intake/json/elements";
import type { AdmitResult } from "../../../core/ledger/ledger";
import type { LedgerNode, Stores } from "../../../runtime/ledger-service";
import { statusOf } from "../http/http-intake";
import { requireSignature, type SignatureRule } from "./event-signature";

export interface EventWebhook {
  ledgerNode: LedgerNode;
  admission: AdmissionRules;
  rules: DeliveryRules;
  /** Undefined: anybody may send. */
  signature: SignatureRule | undefined;
}

/** Largest body, bytes. */
const MAX_BODY = 5 * 1024 ** 2;
/** Largest event, bytes: all its plain fields become metadata. */
const MAX_EVENT = 64 * 1024;
/** Events of one request. */
const MAX_EVENTS = 1_000;
/** Events taken in at a time: the ledger commits them together. */
const PARALLEL = 16;

/** What became of one event of a request. */
interface Taken {
  result: AdmitResult;
  error?: DocbridgeError;
  eventId?: string;
}

/**
 * Takes one event or a list of them (wire/exstream.md 13.6 V5), and answers when all of them are on disk. A signed event that
 * cannot be used is kept in quarantine and answered with its error. Throws what concerns the whole request.
 */
export async function receiveEvents(webhook: EventWebhook, request: Request, response: Response): Promise<void> {
  const body = await wholeBody(request);
  if (webhook.signature) requireSignature(body, (name) => request.get(name), webhook.signature);
  const events = eventsOf(body);
  const stores = await webhook.ledgerNode.stores();
  const taken: Taken[] = [];
  for (let at = 0; at < events.length; at += PARALLEL) {
    taken.push(...(await Promise.all(events.slice(at, at + PARALLEL).map((bytes) => takeEvent(bytes, stores, webhook)))));
  }
  answer(response, taken);
}

/** Enters the event in the ledger, also one that cannot be read. Throws what a later try can mend. */
export async function takeEvent(
  bytes: Buffer,
  { spool, ledger }: Stores,
  { admission, rules }: Pick<EventWebhook, "admission" | "rules">,
): Promise<Taken> {
  const read = readOrError(bytes, rules);
  const content = await spool.put(inOnePiece(bytes));
  const result = await ledger.admit(deliveryAdmission(read, content, admission));
  return read instanceof DocbridgeError ? { result, error: read } : { result, eventId: read.eventId };
}

function readOrError(bytes: Buffer, rules: DeliveryRules): DeliveryEvent | DocbridgeError {
  try {
    return readDeliveryEvent(JSON.parse(bytes.toString("utf8")), rules);
  } catch (thrown) {
    return asDocbridgeError(thrown, "event-unreadable");
  }
}

async function* inOnePiece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function wholeBody(request: Request): Promise<Buffer> {
  // Only in the moments before the flows started for the first time; the sender comes again.
  if (request.readableEnded) {
    throw new DocbridgeError("service-unavailable", {
      message: "Node-RED parsed this body before the trigger was ready, so its signature cannot be checked. Send it again.",
      retryable: true,
    });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw tooLarge(`more than ${MAX_BODY} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function eventsOf(body: Buffer): Buffer[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new DocbridgeError("body-unreadable", {
      message: "The body is no JSON. Send one delivery event or a list of them.",
      subject: "body",
      cause,
    });
  }
  const events = Array.isArray(parsed) ? elementsOf(body) : [body];
  if (events.some(({ length }) => length > MAX_EVENT)) throw tooLarge(`an event of more than ${MAX_EVENT} bytes`);
  if (events.length > MAX_EVENTS) throw tooLarge(`more than ${MAX_EVENTS} events`);
  return events;
}

function tooLarge(what: string): DocbridgeError {
  return new DocbridgeError("body-too-large", {
    message: `The request has ${what}. Send the delivery events in several requests.`,
    subject: "body",
  });
}

/** A failure of one of several says which; the others are in. */
function answer(response: Response, taken: Taken[]): void {
  const events = taken.map(({ result: { id, outcome, conflictsWith }, eventId, error }) => ({
    ...(eventId ? { eventId } : {}),
    documentId: id,
    duplicate: outcome === "duplicate",
    ...(error ? { code: error.code, message: error.message, ...(error.subject ? { subject: error.subject } : {}) } : {}),
    ...(outcome === "conflict" ? { code: "conflict", conflictsWith, message: CONFLICT } : {}),
  }));
  const more = events.length === 1 ? {} : { events };
  const failed = events.find(({ code }) => code !== undefined);
  if (failed) {
    response.status(failed.code === "conflict" ? 409 : statusOf("event-unreadable")).json({ ...failed, ...more });
    return;
  }
  const duplicate = events.every((each) => each.duplicate);
  response.status(duplicate ? 200 : 201).json({ status: "stored", ...(events.length === 1 ? events[0] : { duplicate }), ...more });
}

const CONFLICT = "An event with this id and another type is already there. Both are kept; a person has to decide.";
