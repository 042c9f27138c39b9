import { DocbridgeError } from "../../core/errors";
import { asBoolean, asObject, asText, type JsonObject } from "../http/json";
import type { CallOptions, Session } from "../http/session";

/** A link by which somebody without an account of the tenant gets content (wire/css.md 3.5). */
export interface ShareLink {
  id: string;
  objectId?: string;
  /** As the service gives it. */
  expiry?: string;
  /** A password is needed. */
  secured: boolean;
  /** Where the link's token is had. */
  tokenHref?: string;
}

/** Share links of content; v2 only. The content must belong to a CMS object. */
export class CssShares {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async create(
    contentId: string,
    { password, expiry, objectId, signal }: CallOptions & { password?: string; expiry?: string; objectId?: string } = {},
  ): Promise<ShareLink> {
    const query = objectId ? `?object-id=${encodeURIComponent(objectId)}` : "";
    const { json } = await this.#session.json({ method: "POST", url: addressOf(contentId) + query, json: { password, expiry }, signal });
    return readShare(json);
  }

  /** Throws `not-found`. */
  async get(contentId: string, shareId: string, { signal }: CallOptions = {}): Promise<ShareLink> {
    return readShare((await this.#session.json({ url: addressOf(contentId, shareId), signal })).json);
  }

  /** `expiry` in ISO 8601. */
  async changeExpiry(contentId: string, shareId: string, expiry: string, { signal }: CallOptions = {}): Promise<ShareLink> {
    const { json } = await this.#session.json({ method: "PUT", url: addressOf(contentId, shareId), json: { expiry }, signal });
    return readShare(json);
  }

  async revoke(contentId: string, shareId: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#session.json({ method: "DELETE", url: addressOf(contentId, shareId), signal });
  }
}

/** v2 ids are base64 with `=`, which goes encoded (client rule 6). */
function addressOf(contentId: string, shareId?: string): string {
  const links = `/v2/content/${encodeURIComponent(contentId)}/publicShareUrl`;
  return shareId === undefined ? links : `${links}/${encodeURIComponent(shareId)}`;
}

function readShare(body: JsonObject): ShareLink {
  const id = asText(body.id);
  if (!id) throw new DocbridgeError("unexpected-reply", { message: "The reply to a share link names no id.", ambiguous: true });
  return {
    id,
    objectId: asText(body.objectId),
    expiry: asText(body.expiry),
    secured: asBoolean(body.secured),
    tokenHref: asText(asObject(asObject(body._links).token).href),
  };
}
