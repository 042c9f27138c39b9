import type { DocumentumSwitches } from "../switches";
import { type Call, JSON_TYPE, type Reply, XML_TYPE } from "./call";
import { Failure, failureBody } from "./failures";
import { splitSuffix } from "./hrefs";
import { xmlElement, xmlOf } from "./xml/write";

/** What decides about a reply's representation. */
export interface Wanted {
  header(name: string): string | undefined;
  /** `.json`, `.xml` or nothing; before the header. */
  suffix: string;
  /** Below the context root. */
  path: string;
}

/** What a request on the address below the context root wants. */
export function wantedAt(below: string, header: Wanted["header"]): Wanted {
  return { header, ...splitSuffix(below) };
}

/** What a request wants that has been read already. */
export function wantedBy({ header, hrefs, path }: Call): Wanted {
  return { header, suffix: hrefs.suffix, path };
}

/** A reply in the representation the request asks for, with its media type (wire/documentum.md section 5). */
export function represented(reply: Reply, wanted: Wanted): Reply {
  const { text, mediaType } = reply;
  if (text === undefined) return reply;
  if (!wantsXml(wanted)) return mediaType === undefined ? { ...reply, mediaType: jsonTypeFor(wanted) } : reply;
  const xml = xmlOf(text, wanted.path);
  const plain = mediaType === undefined ? xmlTypeFor(wanted) : mediaType.replace("+json", "+xml");
  return { ...reply, text: xml.text, mediaType: xml.isFeed ? "application/atom+xml" : plain };
}

/** A failure in the shape of section 22. */
export function failureReply(failure: Failure, switches: DocumentumSwitches, wanted: Wanted): Reply {
  const { status, code, message, headers } = failure;
  const shown = switches.isOn("error-details") ? failure : new Failure(status, code, message, "");
  const text = failureBody(shown);
  if (wantsXml(wanted)) return { status, headers, text: xmlElement("error", text), mediaType: XML_TYPE };
  return { status, headers, text, mediaType: JSON_TYPE };
}

/** Throws 406 when the client takes neither JSON nor XML. Without `Accept` it gets JSON (section 5). */
export function demandAcceptable(wanted: Wanted): void {
  const accept = wanted.header("accept");
  const anything = /\/content-media$|\/archived-contents$/.test(wanted.path);
  if (accept === undefined || anything || /json|xml|\*\/\*|application\/\*/i.test(accept)) return;
  throw new Failure(406, "E_NOT_ACCEPTABLE", "Only JSON and XML representations are offered here.");
}

/** By the suffix of the address, else by what `Accept` likes best; JSON when it likes both alike. */
function wantsXml({ suffix, header }: Wanted): boolean {
  if (suffix !== "") return suffix === ".xml";
  let best = { quality: 0, xml: false };
  for (const range of (header("accept") ?? "").split(",")) {
    const quality = Number(/;\s*q=([\d.]+)/.exec(range)?.[1] ?? "1");
    const xml = /xml/i.test(range);
    if (quality > best.quality || (quality === best.quality && best.xml && !xml)) best = { quality, xml };
  }
  return best.xml;
}

/** The vendor's type, unless the client asks for the plain one and not for it. */
function jsonTypeFor(wanted: Wanted): string {
  return plainOnly(wanted, "application/json", JSON_TYPE);
}

function xmlTypeFor(wanted: Wanted): string {
  return plainOnly(wanted, "application/xml", XML_TYPE);
}

function plainOnly({ header }: Wanted, plain: string, vendor: string): string {
  const accept = header("accept") ?? "";
  return accept.includes(plain) && !accept.includes(vendor) ? plain : vendor;
}
