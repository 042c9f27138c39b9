import { type Bytes, chunksOf } from "../chunks";
import { FactsBuilder } from "../facts";
import type { IntakeContext, IntakeFacts } from "../metadata";
import { XmlFacts } from "../xml/facts";
import { decodedXml, xmlParser } from "../xml/parser";
import { XmlText } from "../xml/text";
import { type SidecarLimits, sidecarLimits, unreadableSidecar } from "./sidecar";

/**
 * Reads a sidecar in XML, generic or MDAS-like (wire/exstream.md 9.4 and 13.5 D1, D4); see XmlFacts for what becomes of
 * its elements. No DTD and no entities but the five of XML; namespaces are ignored. Throws DocbridgeError
 * `sidecar-unreadable` (not well-formed, DOCTYPE, unknown encoding, beyond a limit) and what FactsBuilder throws.
 */
export async function readSidecarXml(input: Bytes, context: IntakeContext, given?: Partial<SidecarLimits>): Promise<IntakeFacts> {
  const limits = sidecarLimits(given);
  const facts = new FactsBuilder(context);
  const refuse = (what: string, cause?: unknown) => unreadableSidecar(context, what, cause);
  const elements = new XmlFacts(facts, { ...limits, refuse });
  const parser = xmlParser({
    open: (name, attributes) => elements.open(name, attributes),
    text: (text) => elements.text(text),
    close: () => elements.close(),
    refuse,
  });
  const text = new XmlText();
  let size = 0;
  for await (const chunk of chunksOf(input, "sidecar-unreadable", context.origin)) {
    size += chunk.length;
    if (size > limits.bytes) throw refuse(`is larger than ${limits.bytes} bytes`);
    parser.write(decodedXml(() => text.write(chunk), refuse));
  }
  parser.write(decodedXml(() => text.end(), refuse)).close();
  return facts.build();
}
