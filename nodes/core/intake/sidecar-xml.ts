import { SaxesParser } from "saxes";
import { DocbridgeError } from "../errors";
import { FactsBuilder } from "./facts";
import type { IntakeContext, IntakeFacts } from "./metadata";
import { chunksOf, type SidecarInput, type SidecarLimits, sidecarLimits } from "./sidecar";
import { XmlFacts } from "./xml-facts";
import { XmlText } from "./xml-text";

/**
 * Reads a sidecar in XML, generic or MDAS-like (wire/exstream.md 9.4 and 13.5 D1, D4); see XmlFacts for what becomes of
 * its elements. No DTD and no entities but the five of XML; namespaces are ignored. Throws DocbridgeError
 * `sidecar-unreadable` (not well-formed, DOCTYPE, unknown encoding, beyond a limit) and what FactsBuilder throws.
 */
export async function readSidecarXml(input: SidecarInput, context: IntakeContext, given?: Partial<SidecarLimits>): Promise<IntakeFacts> {
  const limits = sidecarLimits(given);
  const refuse = (what: string, cause?: unknown) =>
    new DocbridgeError("sidecar-unreadable", {
      message: `The ${context.origin} ${what}. Correct it where it is written and deliver it again.`,
      subject: context.origin,
      cause,
    });
  const facts = new FactsBuilder(context);
  const parser = parserInto(new XmlFacts(facts, { ...limits, refuse }), refuse);
  await parse(parser, input, limits.bytes, refuse);
  return facts.build();
}

type Refuse = (what: string, cause?: unknown) => DocbridgeError;

async function parse(parser: SaxesParser, input: SidecarInput, bytes: number, refuse: Refuse): Promise<void> {
  const text = new XmlText();
  let size = 0;
  try {
    for await (const chunk of chunksOf(input)) {
      size += chunk.length;
      if (size > bytes) throw refuse(`is larger than ${bytes} bytes`);
      parser.write(text.write(chunk));
    }
    parser.write(text.end()).close();
  } catch (error) {
    if (error instanceof RangeError) throw refuse("declares an encoding that is not known; use UTF-8", error);
    if (error instanceof TypeError && "code" in error)
      throw refuse("is not in the encoding it declares (UTF-8 if it declares none)", error);
    throw error;
  }
}

function parserInto(facts: XmlFacts, refuse: Refuse): SaxesParser {
  const parser = new SaxesParser();
  // The parser's own table inherits from Object.prototype, where "&toString;" would be found.
  parser.ENTITIES = Object.assign(Object.create(null), { amp: "&", lt: "<", gt: ">", apos: "'", quot: '"' });
  parser.on("error", (error) => {
    throw refuse(`is not well-formed XML (${error.message})`, error);
  });
  parser.on("doctype", () => {
    throw refuse("has a DOCTYPE, which is refused: it could define entities");
  });
  parser.on("opentag", (tag) => facts.open(tag.name, tag.attributes));
  parser.on("text", (text) => facts.text(text));
  parser.on("cdata", (text) => facts.text(text));
  parser.on("closetag", () => facts.close());
  return parser;
}
