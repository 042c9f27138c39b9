import { DocbridgeError } from "../../core/errors";
import { asObject, type JsonObject } from "../http/json";
import { type CallOptions, type ConnectionOptions, Session, type SessionUpload } from "../http/session";
import { unlessAborted } from "../http/signals";
import type { UploadReply } from "../http/upload";
import type { TokenSource } from "../otds";
import { ClientTokenSource } from "./client-token";
import { readDocumentumFailure } from "./errors";
import { type FeedEntry, hrefOf, type Link, linksOf, readFeed, withQuery } from "./feed";

export interface RepositoryOptions extends ConnectionOptions {
  /** Context root, e.g. `https://host/dctm-rest`; the only address that is configured (client rule 1). */
  contextUrl: string;
  /** Name of the repository. */
  repository: string;
  /** The site runs a client-token mode; `header` where it names one of its own (wire/documentum.md 10.4). */
  clientToken?: boolean | { header: string };
}

export interface QueryOptions extends CallOptions {
  /** Rows a request asks for; default 100, at most 1000. */
  itemsPerPage?: number;
  /** Stops after this many rows. */
  maxRows?: number;
}

export const DOCUMENTUM_JSON = "application/vnd.emc.documentum+json";

/** A repository reached through its links: discovery, feeds, DQL. Everything throws DocbridgeError. */
export class Repository {
  readonly name: string;
  readonly contextUrl: string;
  readonly session: Session;
  #home: Promise<JsonObject> | undefined;
  #links: Promise<Link[]> | undefined;

  constructor(options: RepositoryOptions) {
    this.name = options.repository;
    this.contextUrl = options.contextUrl.replace(/\/+$/, "");
    const { clientToken } = options;
    let tokens: ClientTokenSource | undefined;
    this.session = new Session(this.contextUrl, options, {
      readFailure: readDocumentumFailure,
      credentials: (own) => {
        if (!clientToken) return own as TokenSource;
        tokens = new ClientTokenSource(own, typeof clientToken === "object" ? clientToken.header : undefined);
        return tokens;
      },
      observe: (headers) => tokens?.observe(headers),
    });
  }

  async get(href: string, options: CallOptions = {}): Promise<JsonObject> {
    return (await this.session.json({ url: href, accept: DOCUMENTUM_JSON, signal: options.signal })).json;
  }

  /** An object with its ETag, which servers before 16.4 do not give. */
  async getTagged(href: string, options: CallOptions = {}): Promise<{ json: JsonObject; etag?: string }> {
    const { json, headers } = await this.session.json({ url: href, accept: DOCUMENTUM_JSON, signal: options.signal });
    return { json, etag: headers.etag };
  }

  /** `ifMatch`: only if the object still has this ETag; else the server refuses with 412. */
  post(href: string, json: unknown, options: CallOptions & { ifMatch?: string } = {}): Promise<JsonObject> {
    return this.#send("POST", href, json, options);
  }

  /** Without `json` the body is empty. */
  put(href: string, json: unknown, options: CallOptions = {}): Promise<JsonObject> {
    return this.#send("PUT", href, json, options);
  }

  async delete(href: string, options: CallOptions = {}): Promise<void> {
    await this.#send("DELETE", href, undefined, options);
  }

  upload(call: SessionUpload): Promise<UploadReply> {
    return this.session.upload({ ...call, headers: { Accept: DOCUMENTUM_JSON, ...call.headers } });
  }

  /** Address of one of the repository's own resources. Throws `unexpected-reply` when the server does not offer it. */
  async address(relation: string, options: CallOptions = {}): Promise<string> {
    const href = hrefOf(await this.#repositoryLinks(options), relation);
    if (href) return href;
    throw missingLink(`The repository ${this.name}`, relation);
  }

  /** Address of the repository itself, below which a site puts resources of its own. */
  async self(options: CallOptions = {}): Promise<string> {
    const href = hrefOf(await this.#repositoryLinks(options), "self");
    if (href) return href;
    throw missingLink(`The repository ${this.name}`, "self");
  }

  /** Entries of a feed over all its pages (client rule 8). */
  async *entries(href: string, options: CallOptions = {}): AsyncGenerator<FeedEntry> {
    for (let page: string | undefined = href; page !== undefined; ) {
      const { entries, next } = readFeed(await this.get(page, options));
      yield* entries;
      if (next === page)
        throw new DocbridgeError("unexpected-reply", { message: "A page of a Documentum feed names itself as the next one." });
      page = next;
    }
  }

  /** Rows of a SELECT with the addresses of their objects (present when `r_object_id` is selected). */
  async *query(dql: string, options: QueryOptions = {}): AsyncGenerator<FeedEntry> {
    const { maxRows = Number.POSITIVE_INFINITY, itemsPerPage = 100 } = options;
    if (maxRows <= 0) return;
    const perPage = Math.max(1, Math.min(itemsPerPage, maxRows, 1000));
    const href = withQuery(await this.address("dql", options), { dql, "items-per-page": perPage });
    let rows = 0;
    for await (const entry of this.entries(href, options)) {
      yield entry;
      if (++rows >= maxRows) return;
    }
  }

  /** `product-info` of the server; `major` falls back to 7.2, as the vendor's own client does (client rule 20). */
  async productInfo(options: CallOptions = {}): Promise<{ major: number; version?: string }> {
    const about = hrefOfHome(await this.#homeDocument(options), "about");
    const properties = about ? asObject((await this.get(about, options)).properties) : {};
    const major = Number.parseFloat(String(properties.major));
    const version = typeof properties.product_version === "string" ? properties.product_version : undefined;
    return { major: Number.isFinite(major) ? major : 7.2, version };
  }

  close(): void {
    this.session.close();
  }

  async #send(method: string, href: string, json: unknown, { signal, ifMatch }: CallOptions & { ifMatch?: string }): Promise<JsonObject> {
    const contentType = json === undefined ? undefined : DOCUMENTUM_JSON;
    const headers: Record<string, string> = ifMatch === undefined ? {} : { "If-Match": ifMatch };
    return (await this.session.json({ method, url: href, accept: DOCUMENTUM_JSON, contentType, json, headers, signal })).json;
  }

  #homeDocument(options: CallOptions): Promise<JsonObject> {
    this.#home ??= this.session.json({ url: `${this.contextUrl}/services`, accept: "application/home+json" }).then(
      ({ json }) => json,
      (thrown) => {
        this.#home = undefined;
        throw thrown;
      },
    );
    return unlessAborted(this.#home, options.signal);
  }

  #repositoryLinks(options: CallOptions): Promise<Link[]> {
    this.#links ??= this.#discover().catch((thrown) => {
      this.#links = undefined;
      throw thrown;
    });
    return unlessAborted(this.#links, options.signal);
  }

  /** Home document, feed of repositories, repository (wire/documentum.md 4.1). */
  async #discover(): Promise<Link[]> {
    const feed = hrefOfHome(await this.#homeDocument({}), "repositories");
    if (!feed) throw missingLink("The home document", "repositories");
    for await (const entry of this.entries(feed)) {
      if (entry.title === this.name && entry.href) return linksOf(await this.get(entry.href));
    }
    throw new DocbridgeError("not-found", {
      message: `The server offers no repository named ${this.name}. Check the repository name of the connection.`,
      subject: this.name,
    });
  }
}

function hrefOfHome(home: JsonObject, relation: string): string | undefined {
  const links = Object.entries(asObject(home.resources)).map(([rel, resource]) => {
    const { href, hreftemplate } = asObject(resource);
    return {
      rel,
      href: typeof href === "string" ? href : undefined,
      hreftemplate: typeof hreftemplate === "string" ? hreftemplate : undefined,
    };
  });
  return hrefOf(links, relation);
}

/** The server does not offer something; another account or another server version might. */
export function missingLink(resource: string, relation: string): DocbridgeError {
  return new DocbridgeError("unexpected-reply", {
    message: `${resource} has no link "${relation}". Check the address of the connection and the rights of its account.`,
    subject: relation,
  });
}
