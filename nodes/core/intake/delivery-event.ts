import type { SpooledContent } from "../content/spool";
import { DELIVERY_TYPES, type DeliveryType, type DocumentSource } from "../document";
import { DocbridgeError } from "../errors";
import { documentKey } from "../key";
import { type DocumentReference, JOB_TERMS, type ReferenceKind, type ReferenceTerm } from "../ledger/deliveries";
import type { Admission } from "../ledger/ledger";
import type { AdmissionRules } from "./admission";

/** How a site writes its delivery events. */
export interface DeliveryRules {
  /** The sender's words for what happened, lower case, and ours. */
  types: ReadonlyMap<string, DeliveryType>;
  /** Other names of fields: the sender's and ours. */
  names: ReadonlyMap<string, string>;
}

/** A delivery event as it is kept, as metadata of its entry in the ledger. */
export interface DeliveryEvent {
  eventId: string;
  type: DeliveryType;
  /** The sender's own word for `type`. */
  givenType: string;
  /** ISO 8601. */
  occurredAt: string;
  channel?: string;
  /** As given: an address, or what the sender made of it. */
  recipient?: string;
  recipientHash?: string;
  reason?: string;
  /** By what it names its document, and everything else the sender gave that is plain. */
  [field: string]: unknown;
}

/** Longest id of an event, characters. */
const LONGEST_ID = 200;
/** Type and file name of the bytes of every event. */
const CONTENT = { mediaType: "application/json", fileName: "delivery-event.json" };

/** The words of a table such as `generated=sent, expired=undeliverable`. Throws `configuration` for a type that is none of ours. */
export function deliveryTypes(pairs: ReadonlyMap<string, string>): Map<string, DeliveryType> {
  const types = new Map<string, DeliveryType>();
  for (const [given, ours] of pairs) {
    const type = DELIVERY_TYPES.find((known) => known === ours);
    if (!type) {
      throw new DocbridgeError("configuration", {
        message: `The field 'eventTypes' has an entry whose right side is none of ${DELIVERY_TYPES.join(", ")}. Correct it.`,
        subject: "eventTypes",
      });
    }
    types.set(given.toLowerCase(), type);
  }
  return types;
}

/** Reads an event (wire/exstream.md 13.6 V5; 9.7 for those of event metrics). Throws `event-unreadable` that names the field. */
export function readDeliveryEvent(value: unknown, { types, names }: DeliveryRules): DeliveryEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable("event", "is no JSON object");
  const fields: Record<string, unknown> = {};
  for (const [given, field] of Object.entries(value)) {
    if (typeof field === "object" || field === "") continue;
    const name = names.get(given) ?? given;
    // What has the name itself counts more than what is only taken for it.
    if (name === given || !Object.hasOwn(fields, name)) define(fields, name, field);
  }
  const eventId = plain(fields.eventId);
  if (!eventId || eventId.length > LONGEST_ID) throw unreadable("eventId", `is missing or longer than ${LONGEST_ID} characters`);
  const givenType = plain(fields.type);
  if (!givenType) throw unreadable("type", "is missing");
  const type = types.get(givenType.toLowerCase());
  if (!type) throw unreadable("type", "has a value that the trigger's table of event types does not have; add it there");
  return { ...fields, eventId, givenType, type, occurredAt: timeOf(fields.occurredAt) } as DeliveryEvent;
}

/** A name of the sender's must not reach a prototype. */
function define(fields: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

function plain(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value).trim() || undefined : undefined;
}

/** ISO 8601 or milliseconds since 1970, as ISO 8601 in UTC. */
function timeOf(value: unknown): string {
  const given = plain(value);
  const date = new Date(given && /^\d{10,}$/.test(given) ? Number(given) : (given ?? Number.NaN));
  if (Number.isNaN(date.getTime())) throw unreadable("occurredAt", "is no time in ISO 8601 or in milliseconds since 1970");
  return date.toISOString();
}

function unreadable(field: string, what: string): DocbridgeError {
  return new DocbridgeError("event-unreadable", {
    message: `The delivery event cannot be used: "${field}" ${what}. Its bytes are kept where it came signed.`,
    subject: field,
  });
}

/**
 * The ledger entry of an event: a document of its own whose bytes are the event as it was sent. Known by its id and type
 * whatever its bytes are, since webhook and poll write the same event in different ways; the same id with another type is
 * a conflict. One that cannot be read is quarantined, known by its bytes.
 */
export function deliveryAdmission(read: DeliveryEvent | DocbridgeError, content: SpooledContent, rules: AdmissionRules): Admission {
  const common = {
    origin: rules.origin,
    content: { ...content, ...CONTENT },
    variant: { role: "event" },
    targets: rules.targets,
    doneWhen: rules.doneWhen,
  };
  const keyOf = (documentId: string, variant: string, sha256: string) =>
    documentKey({ tenant: rules.tenant, jobId: "", documentId, variant, sha256 });
  if (read instanceof DocbridgeError) {
    const { code, message } = read;
    return {
      ...common,
      key: keyOf("", "event", content.sha256),
      source: { system: "exstream", channel: "event", fileName: CONTENT.fileName },
      metadata: {},
      quarantine: { code, message },
    };
  }
  return {
    ...common,
    key: keyOf(read.eventId, `event ${read.type}`, ""),
    sourceKey: `e|${rules.tenant}|${read.eventId}`,
    source: sourceOf(read),
    metadata: read,
  };
}

const SOURCE_FIELDS = ["jobId", "customerNumber", "communicationId", "externalId", "trackerId", "queueName"] as const;

function sourceOf(event: DeliveryEvent): DocumentSource {
  const source: DocumentSource = { system: "exstream", channel: "event", fileName: CONTENT.fileName };
  for (const field of SOURCE_FIELDS) {
    const value = plain(event[field]);
    if (value) source[field] = value;
  }
  return source;
}

const NEEDED: Record<Exclude<ReferenceKind, "job">, ReferenceTerm[]> = {
  key: ["documentKey"],
  communication: ["communicationId", "customerNumber"],
  "business-key": ["businessKey"],
};

/** Terms that must fit too where the event gives them. */
const NARROWING: Record<ReferenceKind, readonly ReferenceTerm[]> = {
  key: [],
  communication: ["queueName", "fileName", "jobId"],
  job: ["queueName", "fileName"],
  "business-key": ["queueName", "fileName"],
};

/** By what an event names its document. Throws `event-unreadable` when it does not have what the rule needs. */
export function referenceOf(event: Record<string, unknown>, by: ReferenceKind): DocumentReference {
  const needed = by === "job" ? neededInJob(event) : NEEDED[by];
  const missing = needed.find((term) => plain(event[term]) === undefined);
  if (missing !== undefined) {
    throw new DocbridgeError("event-unreadable", {
      message: `The delivery event has no "${missing}", by which its document is looked for. Have the sender give it, or choose another rule at the trigger, then retry.`,
      subject: missing,
    });
  }
  const terms: DocumentReference["terms"] = {};
  for (const term of [...needed, ...NARROWING[by]]) {
    const value = plain(event[term]);
    if (value) terms[term] = value;
  }
  return { by, terms };
}

function neededInJob(event: Record<string, unknown>): ReferenceTerm[] {
  return ["jobId", JOB_TERMS.find((term) => plain(event[term]) !== undefined) ?? JOB_TERMS[0]];
}
