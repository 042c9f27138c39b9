import { DocbridgeError } from "../../core/errors";
import type { Digest, OpenReply } from "../http/download";
import type { FailureReader } from "../http/failures";
import { asList, asNumber, asObject, asText, excerpt, type JsonObject, parseJson } from "../http/json";
import type { LimiterStatus } from "../http/limiter";
import { type CallOptions, type ConnectionOptions, Session } from "../http/session";
import { type Content, sourceOf } from "../http/source";
import type { Sent } from "../http/upload";
import { CssShares } from "./shares";

export interface CssOptions extends ConnectionOptions {
  /** `https://css.host` or the gateway form `https://host/css` (wire/css.md 2.1). */
  baseUrl: string;
  apiVersion: "v2" | "v3";
  /** Uploads then go to the tenant's address (v2) or name the tenant (v3). */
  tenant?: string;
  /** False asks the service not to scan for viruses; v2 takes that from trusted clients at a tenant's address only. */
  avsScan?: boolean;
}

export interface StoredContent {
  /** Opaque; what CMS is given as `blob_id`. */
  contentId: string;
  /** v2 only. */
  blobId?: string;
  /** Bytes, as the server reports them. */
  size?: number;
  /** Upper-case hex, as the server reports it; v2 only. */
  md5?: string;
  fileName: string;
  /** What was sent, hashed on the way. */
  sent: Sent;
}

export interface ContentOptions extends CallOptions {
  /** CMS object that gives the right to read the content, where the account has none of its own (v2). */
  objectId?: string;
  /** Version of the API that stored the content, where it is not the connection's: ids of one are unknown to the other. */
  storedBy?: "v2" | "v3";
}

/**
 * Content Storage Service: bytes and nothing else (wire/css.md 2 to 5). There is no way to find content again, so an
 * upload whose reply is lost leaves bytes nobody can look up: count them, do not look for them. Throws DocbridgeError.
 */
export class CssClient {
  readonly #session: Session;
  readonly #options: CssOptions;
  /** Share links; v2 only. */
  readonly shares: CssShares;

  /** Throws `configuration` when the base URL is no http address, or scanning is switched off where it cannot be. */
  constructor(options: CssOptions) {
    if (options.avsScan === false && (options.apiVersion !== "v2" || !options.tenant)) {
      throw new DocbridgeError("configuration", {
        message: "The virus scan can only be switched off for CSS v2 at a tenant's address. Name the tenant, or leave the scan on.",
        subject: "avsScan",
      });
    }
    this.#options = options;
    this.#session = new Session(options.baseUrl, options, {
      readFailure: (body, status) =>
        saysInfected(asObject(body), status) ? infectedFailure(asObject(body)) : readCssFailure(body, status),
    });
    this.shares = new CssShares(this.#session);
  }

  get limiter(): LimiterStatus {
    return this.#session.limiter.status();
  }

  /** Whether the server reports an MD5 of what it stored (v2), by which an upload is already verified. */
  get reportsChecksum(): boolean {
    return this.#options.apiVersion === "v2";
  }

  /**
   * Stores a file. Size and MD5 the server reports are compared with what was sent: `verification-failed` when they
   * differ (the bytes stay there as an orphan), `virus-found` when the scan refused it.
   */
  async upload(content: Content, options: CallOptions = {}): Promise<StoredContent> {
    const fileName = content.fileName ?? "document";
    const reply = await this.#session.upload({
      url: this.#uploadAddress(),
      headers: { Accept: "application/json" },
      file: await sourceOf(content),
      framing: { file: { name: "file", contentType: content.mediaType, fileName } },
      md5: this.reportsChecksum,
      signal: options.signal,
    });
    const body = asObject(parseJson(reply.body));
    const entry = this.#options.apiVersion === "v2" ? asObject(asList(body.entries)[0]) : body;
    const stored = readEntry(entry, fileName, reply.sent);
    if (!stored) throw withoutId(reply.status);
    verify(stored);
    return stored;
  }

  /** Reads content back for its length and hashes. */
  hashContent(contentId: string, options: ContentOptions & { md5?: boolean } = {}): Promise<Digest> {
    return this.#session.hash({ url: this.#downloadAddress(contentId, options), md5: options.md5, signal: options.signal });
  }

  /** Opens content for reading. File name and type are the caller's own: the service may leave them out (3.4). */
  openContent(contentId: string, options: ContentOptions = {}): Promise<OpenReply> {
    return this.#session.open({ url: this.#downloadAddress(contentId, options), signal: options.signal });
  }

  close(): void {
    this.#session.close();
  }

  #uploadAddress(): string {
    const { apiVersion, tenant, avsScan } = this.#options;
    if (apiVersion === "v3") return tenant ? `/v3/files/fromStream?tenant=${encodeURIComponent(tenant)}` : "/v3/files/fromStream";
    if (!tenant) return "/v2/content";
    return `/v2/tenant/${encodeURIComponent(tenant)}/content${avsScan === undefined ? "" : `?avs-scan=${avsScan}`}`;
  }

  /** v2 ids are base64 with `=`, which goes encoded (client rule 6). */
  #downloadAddress(contentId: string, { objectId, storedBy = this.#options.apiVersion }: ContentOptions): string {
    const id = encodeURIComponent(contentId);
    if (storedBy === "v3") return `/v3/files/${id}/stream`;
    const query = new URLSearchParams();
    if (objectId) query.set("object-id", objectId);
    if (this.#options.avsScan === false) query.set("avs-scan", "false");
    return `/v2/content/${id}/download${query.size > 0 ? `?${query}` : ""}`;
  }
}

function readEntry(entry: JsonObject, fileName: string, sent: Sent): StoredContent | undefined {
  const contentId = asText(entry.id);
  if (!contentId) return undefined;
  return {
    contentId,
    blobId: asText(entry.blobId),
    size: asNumber(entry.size),
    md5: asText(asObject(entry.properties).MD5)?.toUpperCase(),
    // A raw or nameless upload comes back without its name (client rule 4).
    fileName: asText(entry.fileName) ?? asText(entry.originalFileName) ?? fileName,
    sent,
  };
}

function verify(stored: StoredContent): void {
  const { sent, size, md5 } = stored;
  const wrongSize = size !== undefined && size !== sent.bytes;
  const wrongMd5 = md5 !== undefined && sent.md5 !== undefined && md5 !== sent.md5.toUpperCase();
  if (!wrongSize && !wrongMd5) return;
  throw new DocbridgeError("verification-failed", {
    message: `CSS stored ${wrongSize ? `${size} bytes instead of ${sent.bytes}` : "other bytes than were sent (MD5 differs)"}; the damaged content stays there without an owner. It is sent again.`,
    retryable: true,
    // It did store something, so this upload counts as an orphan.
    ambiguous: true,
    subject: stored.contentId,
  });
}

function withoutId(status: number): DocbridgeError {
  return new DocbridgeError("unexpected-reply", {
    message: "The reply to the upload names no content id. Check base URL and API version (v2, v3) of the connection.",
    ambiguous: true,
    status,
  });
}

/** `{type, title, status, detail}`, or `{error, error_description}` of a 401 (wire/css.md 3.6). */
const readCssFailure: FailureReader = (body) => {
  const { title, detail, error, error_description } = asObject(body);
  return { code: excerpt(error ?? title, 80), message: excerpt(error_description ?? detail) };
};

/**
 * How CSS answers to an infected file is unknown (wire/css.md 12.3): any refusal whose title or detail speaks of the scan
 * means it [OURS].
 */
function saysInfected({ title, detail }: JsonObject, status: number): boolean {
  return status >= 400 && status < 500 && ![401, 408, 429].includes(status) && /virus|infected|malware/i.test(`${title} ${detail}`);
}

function infectedFailure({ title, detail }: JsonObject): ReturnType<FailureReader> {
  return {
    as: "virus-found",
    code: excerpt(title, 80),
    message: excerpt(detail),
    retryable: false,
    ambiguous: false,
    advice: "The virus scan of CSS refused the document. Have it examined; it is not sent again.",
  };
}
