import { SaxesParser } from "saxes";
import type { DocbridgeError } from "../../errors";

/** What a reader does with the parts of an XML document; names are as written, with their prefixes. */
export interface XmlHandlers {
  open(name: string, attributes: Record<string, string>): void;
  /** Also of a CDATA section. */
  text(text: string): void;
  close(): void;
  /** Makes the error of a document that cannot be read; `what` follows its name. */
  refuse(what: string, cause?: unknown): DocbridgeError;
}

/** A streaming parser without DTD and without entities but the five of XML. Throws what `refuse` makes. */
export function xmlParser({ open, text, close, refuse }: XmlHandlers): SaxesParser {
  const parser = new SaxesParser();
  // The parser's own table inherits from Object.prototype, where "&toString;" would be found.
  parser.ENTITIES = Object.assign(Object.create(null), { amp: "&", lt: "<", gt: ">", apos: "'", quot: '"' });
  parser.on("error", (error) => {
    throw refuse(`is not well-formed XML (${error.message})`, error);
  });
  parser.on("doctype", () => {
    throw refuse("has a DOCTYPE, which is refused: it could define entities");
  });
  parser.on("opentag", (tag) => open(tag.name, tag.attributes));
  parser.on("text", text);
  parser.on("cdata", text);
  parser.on("closetag", close);
  return parser;
}

/** Decodes a part of an XML document; what the decoder throws becomes what `refuse` makes. */
export function decodedXml(decode: () => string, refuse: XmlHandlers["refuse"]): string {
  try {
    return decode();
  } catch (error) {
    const isUnknown = error instanceof RangeError;
    const what = isUnknown
      ? "declares an encoding that is not known; use UTF-8"
      : "is not in the encoding it declares (UTF-8 if it declares none)";
    throw refuse(what, error);
  }
}
