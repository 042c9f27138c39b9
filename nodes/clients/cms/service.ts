import { DocbridgeError } from "../../core/errors";
import type { FailureReader } from "../http/failures";
import { asList, asObject, excerpt, isObject, type JsonObject } from "../http/json";
import { type CallOptions, type ConnectionOptions, type JsonReply, Session } from "../http/session";
import { halLinks, type InstanceRef } from "./instance";

export interface CmsOptions extends ConnectionOptions {
  /** Base of the platform, `https://us.api.opentext.com`, with or without `/cms`; media links on another origin need `trustedOrigins`. */
  baseUrl: string;
  /** Path of the service below the base; default `/cms`, unless the base ends in it. */
  prefix?: string;
}

export interface CmsCall extends CallOptions {
  method?: string;
  /** Below the service's path, or a link of the service. */
  path: string;
  /** Sent as JSON. */
  json?: unknown;
}

/** The vendor documents 5 requests a second for CMS (wire/css.md section 5); `ratePerSecond: 0` lifts the limit. */
const REQUESTS_PER_SECOND = 5;
const ACCEPT = "application/hal+json, application/json";

/** How the parts of the client talk to CMS: addresses, pages, media types and errors. */
export class CmsService {
  readonly session: Session;
  readonly #prefix: string;

  /** Throws `configuration` when the base URL is no http address. */
  constructor(options: CmsOptions) {
    const ratePerSecond = options.ratePerSecond ?? REQUESTS_PER_SECOND;
    this.session = new Session(options.baseUrl, { ...options, ratePerSecond }, { readFailure: readCmsFailure });
    this.#prefix = options.prefix ?? (/\/cms\/*$/.test(options.baseUrl) ? "" : "/cms");
  }

  call({ method, path, json, signal }: CmsCall): Promise<JsonReply> {
    const url = path.startsWith("/") ? this.#prefix + path : path;
    return this.session.json({ method, url, accept: ACCEPT, json, signal });
  }

  /** The members of a list, page by page. `_embedded` is absent when nothing matches (client rule 11). */
  async *pages(first: string, options: CallOptions): AsyncGenerator<JsonObject> {
    for (let page: string | undefined = first; page !== undefined; ) {
      const { json } = await this.call({ path: page, signal: options.signal });
      yield* asList(asObject(json._embedded).collection).map(asObject);
      const next: string | undefined = halLinks(json).next;
      if (next === page) throw new DocbridgeError("unexpected-reply", { message: "A page of a CMS list names itself as the next one." });
      page = next;
    }
  }
}

export function instancesPath(category: string, type: string): string {
  return `/instances/${category}/${encodeURIComponent(type)}`;
}

export function instancePath({ category, type, id }: InstanceRef): string {
  return `${instancesPath(category, type)}/${encodeURIComponent(id)}`;
}

/** `{status, exception, details}`, or the gateway's own `{fault: {faultstring}}` (wire/css.md 9). */
const readCmsFailure: FailureReader = (body) => {
  const { fault, exception, details } = asObject(body);
  if (isObject(fault)) return { code: "gateway", message: excerpt(fault.faultstring) };
  return { code: excerpt(exception, 80), message: excerpt(details) };
};
