import { createHmac, timingSafeEqual } from "node:crypto";
import { DocbridgeError } from "../../../core/errors";

/** How a sender signs events. The contract knows only that there is an HMAC header: all of this is our convention. */
export interface SignatureRule {
  secret: string;
  header: string;
  algorithm: "sha256" | "sha512" | "sha1";
  /** How its bytes are written. */
  digits: "hex" | "base64";
  /** Header with the time of sending, which is then signed too, as `<time>.<body>`; empty: there is none. */
  timestampHeader: string;
  /** How far that time may be from ours, milliseconds. */
  toleranceMs: number;
}

/**
 * Checks the signature over the bytes of a body, and that it is not too old. Several signatures may stand in the header,
 * separated by commas, each with or without `<algorithm>=` in front. Throws `unauthorized-intake`.
 */
export function requireSignature(body: Buffer, header: (name: string) => string | undefined, rule: SignatureRule, now = Date.now()): void {
  const time = rule.timestampHeader ? header(rule.timestampHeader) : undefined;
  if (rule.timestampHeader && !(Math.abs(now - timeOf(time)) <= rule.toleranceMs)) {
    throw refused(`its time in the header ${rule.timestampHeader} is missing or too far from ours`);
  }
  const hmac = createHmac(rule.algorithm, rule.secret);
  if (time !== undefined) hmac.update(`${time}.`);
  const expected = hmac.update(body).digest();
  const given = (header(rule.header) ?? "").split(",").map((each) => signatureOf(each.trim(), rule));
  if (given.some((each) => each.length === expected.length && timingSafeEqual(each, expected))) return;
  throw refused(`the header ${rule.header} does not sign this body with the secret`);
}

function signatureOf(text: string, { algorithm, digits }: SignatureRule): Buffer {
  const prefix = `${algorithm}=`;
  return Buffer.from(text.toLowerCase().startsWith(prefix) ? text.slice(prefix.length) : text, digits);
}

/** Seconds or milliseconds since 1970, or ISO 8601. */
function timeOf(text: string | undefined): number {
  if (text === undefined) return Number.NaN;
  if (!/^\d+$/.test(text)) return Date.parse(text);
  return text.length <= 10 ? Number(text) * 1000 : Number(text);
}

function refused(why: string): DocbridgeError {
  return new DocbridgeError("unauthorized-intake", {
    message: `The delivery events are refused: ${why}. Compare secret, algorithm, encoding and headers at the sender and at the trigger node.`,
  });
}
