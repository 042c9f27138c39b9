import { SaxesParser } from "saxes";
import { type Bytes, chunksOf } from "./chunks";
import { FactsBuilder } from "./facts";
import type { IntakeContext, IntakeFacts } from "./metadata";
import { type SidecarLimits, sidecarLimits, unreadableSidecar } from "./sidecar";
import { XmlFacts } from "./xml-facts";
import { XmlText } from "./xml-text";

/**
 * Reads a sidecar in XML, generic or MDAS-like (wire/exstream.md 9.4 and 13.5 D1, D4); see XmlFacts for what becomes of
 * its elements. No DTD and no entities but the five of XML; namespaces are ignored. Throws DocbridgeError
 * `sidecar-unreadable` (not well-formed, DOCTYPE, unknown encoding, beyond a limit) and what FactsBuilder throws.
 */
export async function readSidecarXml(input: Bytes, context: IntakeContext, given?: Partial<SidecarLimits>): Promise<IntakeFacts> {
  const limits = sidecarLimits(given);
  const facts = new FactsBuilder(context);
  const refuse = (what: string) => unreadableSidecar(context, what);
  const parser = parserInto(new XmlFacts(facts, { ...limits, refuse }), context);
  const text = new XmlText();
  let size = 0;
  for await (const chunk of chunksOf(input, "sidecar-unreadable", context.origin)) {
    size += chunk.length;
    if (size > limits.bytes) throw refuse(`is larger than ${limits.bytes} bytes`);
    parser.write(decoded(context, () => text.write(chunk)));
  }
  parser.write(decoded(context, () => text.end())).close();
  return facts.build();
}

function decoded(context: IntakeContext, decode: () => string): string {
  try {
    return decode();
  } catch (error) {
    const isUnknown = error instanceof RangeError;
    const what = isUnknown
      ? "declares an encoding that is not known; use UTF-8"
      : "is not in the encoding it declares (UTF-8 if it declares none)";
    throw unreadableSidecar(context, what, error);
  }
}

function parserInto(facts: XmlFacts, context: IntakeContext): SaxesParser {
  const parser = new SaxesParser();
  // The parser's own table inherits from Object.prototype, where "&toString;" would be found.
  parser.ENTITIES = Object.assign(Object.create(null), { amp: "&", lt: "<", gt: ">", apos: "'", quot: '"' });
  parser.on("error", (error) => {
    throw unreadableSidecar(context, `is not well-formed XML (${error.message})`, error);
  });
  parser.on("doctype", () => {
    throw unreadableSidecar(context, "has a DOCTYPE, which is refused: it could define entities");
  });
  parser.on("opentag", (tag) => facts.open(tag.name, tag.attributes));
  parser.on("text", (text) => facts.text(text));
  parser.on("cdata", (text) => facts.text(text));
  parser.on("closetag", () => facts.close());
  return parser;
}
