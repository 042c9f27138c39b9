import { DocbridgeError } from "../errors";
import { Base64Decoder } from "./base64";
import { FactsBuilder, isRecord } from "./facts";
import { takeMembers } from "./json/facts";
import type { IntakeContext, IntakeFacts } from "./metadata";
import { knownField } from "./well-known";

/** One document of an envelope; `content` is its bytes, or what a store made of them. */
export interface EnvelopeDocument<T> {
  facts: IntakeFacts;
  content: T;
}

/**
 * The documents of an envelope that is already parsed: Exstream's on-demand reply (`data`, one element a document,
 * wire/exstream.md 4.1) or the single object of receiver mode H3 (13.4). Throws DocbridgeError `body-unreadable` naming
 * the element, and what FactsBuilder throws for a field.
 */
export function readEnvelope(envelope: unknown, context: IntakeContext): EnvelopeDocument<Buffer>[] {
  return documentsOf(envelope, context, (content, element) => {
    if (typeof content !== "string") throw noContent(element);
    const decoder = new Base64Decoder(badBase64(element));
    return Buffer.concat([decoder.write(Buffer.from(content)), decoder.end()]);
  });
}

/** The documents of an envelope whose `content` members are given by `contentOf`. */
export function documentsOf<T>(
  envelope: unknown,
  context: IntakeContext,
  contentOf: (content: unknown, element: string) => T,
): EnvelopeDocument<T>[] {
  const { elements, around } = elementsOf(envelope);
  return elements.map(({ name, value }) => {
    if (!isRecord(value)) throw unreadable(name, "is no object");
    const { content, ...members } = value;
    if (content === undefined || content === null) throw noContent(name);
    if (members.metadata !== undefined && members.metadata !== null && !isRecord(members.metadata)) {
      throw unreadable(joined(name, "metadata"), "is no object");
    }
    const facts = new FactsBuilder(context);
    takeMembers(facts, members, name === "" ? "" : `${name}.`);
    takeAround(facts, around);
    return { content: contentOf(content, name), facts: facts.build() };
  });
}

/** Content that is no base64: made into an error that names the element. */
export function badBase64(element: string): (what: string) => DocbridgeError {
  return (what) => unreadable(joined(element, "content"), `is no base64: it ${what}`);
}

export function unreadable(name: string, what: string): DocbridgeError {
  return new DocbridgeError("body-unreadable", {
    message: `The envelope cannot be read: ${name === "" ? "it" : `"${name}"`} ${what}. Correct it at the sender.`,
    subject: name === "" ? "envelope" : name,
  });
}

interface Elements {
  elements: { name: string; value: unknown }[];
  /** Members beside `data`, which hold for all elements. */
  around: Record<string, unknown>;
}

function elementsOf(envelope: unknown): Elements {
  if (!isRecord(envelope)) throw unreadable("", "is no object");
  if (envelope.data === undefined) return { elements: [{ name: "", value: envelope }], around: {} };
  if (envelope.content !== undefined) throw unreadable("", 'has both "content" and "data"');
  const { data, status, ...around } = envelope;
  if (status !== undefined && status !== "success") throw unreadable("status", 'is not "success"');
  if (!Array.isArray(data)) return { elements: [{ name: "data", value: data }], around };
  return { elements: data.map((value, at) => ({ name: `data[${at}]`, value })), around };
}

function takeAround(facts: FactsBuilder, around: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(around)) {
    const field = knownField(name);
    if (field && !isRecord(value)) facts.fallback(field, value, name);
    else if (!facts.has(name)) facts.add(name, value);
  }
}

function noContent(element: string): DocbridgeError {
  return unreadable(joined(element, "content"), "is missing or no base64 text");
}

function joined(element: string, member: string): string {
  return element === "" ? member : `${element}.${member}`;
}
