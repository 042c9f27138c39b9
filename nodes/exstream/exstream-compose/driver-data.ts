import type { ByteSource } from "../../clients/http/base64-stream";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";

/** Driver data as it goes over the wire. */
export interface DriverData {
  body: string | Buffer;
  contentType: string;
}

/** `msg.document.content`, and other handles whose bytes are read when they are needed. */
export function isSource(value: unknown): value is ByteSource & { mediaType?: string } {
  return typeof (value as { open?: unknown } | null)?.open === "function";
}

/** JSON of an object, or XML or JSON as text or bytes (wire/exstream.md 4.1). Throws `invalid-message` for anything else. */
export function driverData(value: unknown): DriverData {
  if (Buffer.isBuffer(value)) return { body: value, contentType: contentTypeOf(value.toString("utf8", 0, 64)) };
  if (typeof value === "string" && value !== "") return { body: value, contentType: contentTypeOf(value) };
  if (typeof value === "object" && value !== null) return { body: JSON.stringify(value), contentType: "application/json" };
  throw new DocbridgeError("invalid-message", {
    message: "There is no driver data to submit. Give an object, a JSON or XML text, or a Buffer at the place the field 'data' names.",
    subject: "data",
  });
}

/**
 * A template over the message; values are escaped for XML when the template begins with `<`, else for a JSON text. Throws
 * `template`, and `missing-metadata` for names without a value.
 */
export function renderedDriverData(template: string, message: object): DriverData {
  const contentType = contentTypeOf(template);
  const escapeValue = contentType === "application/xml" ? escapeXml : escapeJson;
  return { body: renderTemplate(template, message, { name: "driver data", escape: escapeValue }), contentType };
}

function contentTypeOf(text: string): string {
  return text.trimStart().startsWith("<") ? "application/xml" : "application/json";
}

function escapeXml(value: string): string {
  return value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function escapeJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
