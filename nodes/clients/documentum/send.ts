import { DocbridgeError } from "../../core/errors";
import { asObject, type JsonObject, parseJson } from "../http/json";
import type { CallOptions } from "../http/session";
import { type Content, sourceOf } from "../http/source";
import type { Sent } from "../http/upload";
import { withQuery } from "./feed";
import { type DocumentumObject, readResource } from "./objects";
import { DOCUMENTUM_JSON, type Repository } from "./repository";

export interface CreatedDocument extends DocumentumObject {
  /** What was sent, hashed on the way. */
  sent: Sent;
}

export interface ObjectWithContent {
  properties: JsonObject;
  content: Content;
  /** Documentum's format name, e.g. `pdf`; without it the server derives it from the media type. */
  format?: string;
}

/** Sends metadata and content in one request: a create or a check-in (wire/documentum.md 12.1, 13). */
export async function sendObject(
  repository: Repository,
  href: string,
  { properties, content, format }: ObjectWithContent,
  options: CallOptions,
): Promise<CreatedDocument> {
  const reply = await repository.upload({
    url: withQuery(href, { format }),
    file: await sourceOf(content),
    framing: {
      parts: [{ name: "metadata", body: JSON.stringify({ properties }), contentType: DOCUMENTUM_JSON }],
      file: { name: "binary", contentType: content.mediaType, partLength: true },
    },
    signal: options.signal,
  });
  const created = readResource(asObject(parseJson(reply.body)));
  if (created) return { ...created, sent: reply.sent };
  throw new DocbridgeError("unexpected-reply", {
    message: "The reply to the creation of a document or version names no r_object_id, so the document is looked up by its key.",
    retryable: true,
    ambiguous: true,
    status: reply.status,
  });
}
