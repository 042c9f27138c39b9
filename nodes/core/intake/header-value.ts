import { DocbridgeError } from "../errors";

/** `UTF-8''text`, with an optional language between the quotes (RFC 8187). */
const EXTENDED = /^(utf-8|iso-8859-1)'[\w-]*'(.*)$/is;

/**
 * A header's text as its sender meant it. Node reads header bytes as ISO 8859-1; bytes that are UTF-8 are read as that,
 * others stay as they are, and the percent-encoded form of RFC 8187 is decoded. Throws DocbridgeError
 * `invalid-metadata` naming the header when that form is broken.
 */
export function decodeHeaderValue(raw: string, header: string): string {
  const extended = EXTENDED.exec(raw);
  if (extended) return decodePercent(extended[2] ?? "", extended[1] ?? "", header);
  return utf8Of(Buffer.from(raw, "latin1"), raw);
}

/**
 * The file name of a Content-Disposition header, its `filename*` before its `filename`; undefined when it has none.
 * Throws DocbridgeError `invalid-metadata`.
 */
export function dispositionFileName(value: string): string | undefined {
  const parameters = new Map<string, string>();
  for (const [, name = "", text = ""] of value.matchAll(/;\s*([\w!#$%&*+.^`|~-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)/gs)) {
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), unquoted(text.trim()));
  }
  const found = parameters.get("filename*") ?? parameters.get("filename");
  return found === undefined ? undefined : decodeHeaderValue(found, "Content-Disposition");
}

/** Only quotes and backslashes are unescaped, so that the backslashes of a path stay and are refused as such. */
function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, "$1") : text;
}

function utf8Of(bytes: Buffer, otherwise: string): string {
  if (bytes.every((byte) => byte < 0x80)) return otherwise;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return otherwise;
  }
}

function decodePercent(text: string, charset: string, header: string): string {
  try {
    if (charset.toLowerCase() === "utf-8") return decodeURIComponent(text);
    return text.replace(/%(.{0,2})/gs, (_, hex: string) => latin1Character(hex));
  } catch (cause) {
    throw new DocbridgeError("invalid-metadata", {
      message: `The header "${header}" is percent-encoded, but not correctly (RFC 8187). Correct it at the sender.`,
      subject: header,
      cause,
    });
  }
}

function latin1Character(hex: string): string {
  if (!/^[0-9a-f]{2}$/i.test(hex)) throw new URIError("percent sign without two hexadecimal digits");
  return String.fromCharCode(Number.parseInt(hex, 16));
}
