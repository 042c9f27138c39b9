import type FormData from "form-data";
import { DocbridgeError } from "../../core/errors";

/** A small part that goes before the file. */
export interface MultipartPart {
  name: string;
  body: string;
  contentType: string;
}

/** How the file's part is announced. */
export interface MultipartFile {
  name: string;
  contentType: string;
  /** Left out where the service neither wants nor keeps it. */
  fileName?: string;
  /** Announces the part's own length, as Documentum's official Java client does (wire/documentum.md 12.1). */
  partLength?: boolean;
}

export interface Framing {
  parts?: MultipartPart[];
  file: MultipartFile;
}

export interface Frame {
  /** Everything before the file's bytes. */
  head: Buffer;
  /** Everything after them. */
  tail: Buffer;
  /** Of the whole request. */
  contentType: string;
}

/**
 * The multipart bytes around a file of `size` bytes that is not read here: form-data frames an empty file, and its
 * place is where the file's bytes go.
 */
export function frame(framing: Framing, size: number): Frame {
  // Loaded with the first upload, and not with the start of Node-RED.
  const form = new (require("form-data") as typeof FormData)();
  for (const { name, body, contentType } of framing.parts ?? []) form.append(name, body, { contentType: headerValue(contentType) });
  const { name, contentType, fileName, partLength } = framing.file;
  form.append(name, Buffer.alloc(0), {
    contentType: headerValue(contentType),
    ...(fileName === undefined ? {} : { filename: fileName }),
    ...(partLength ? { header: { "Content-Length": String(size) } } : {}),
  });
  const whole = form.getBuffer();
  const tailLength = Buffer.byteLength(`\r\n--${form.getBoundary()}--\r\n`);
  return {
    head: whole.subarray(0, whole.length - tailLength),
    tail: whole.subarray(whole.length - tailLength),
    contentType: form.getHeaders()["content-type"] as string,
  };
}

/** Throws `invalid-message` for what a header cannot carry. */
export function headerValue(value: string): string {
  if (/^[\x20-\x7e]+$/.test(value)) return value;
  throw new DocbridgeError("invalid-message", {
    message:
      "The media type of the content holds characters a header cannot carry. Give the document a media type such as application/pdf.",
    subject: "mediaType",
  });
}
