import { DocbridgeError } from "../../core/errors";
import { asObject, asText, type JsonObject } from "../http/json";
import { Lru } from "../http/lru";
import type { CallOptions } from "../http/session";
import { hrefOf, withQuery } from "./feed";
import { textsOf, valuesOf } from "./governance";
import type { DocumentumObject } from "./objects";
import { missingLink, type Repository } from "./repository";

/** A request to a resource that the site itself has added to its server. */
export interface SiteCall {
  method: "GET" | "POST" | "PUT";
  /** A whole address, or one that begins with `/` and continues the repository's. */
  url: string;
  /** JSON; without it no body is sent. */
  body?: string;
}

const KEPT = 100;

/**
 * What puts an object under a policy (wire/documentum.md 16.4, 16.5, 18, 20.4). Nothing here proves that a policy holds: that
 * is read back. Objects given in are as they were last read, with their links.
 */
export class DocumentumPolicies {
  readonly #repository: Repository;
  readonly #lifecycles = new Lru<string>(KEPT);

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** Assigns an ACL. */
  async assignAcl(object: DocumentumObject, acl: { name: string; domain: string }, options: CallOptions = {}): Promise<void> {
    const properties = { acl_name: acl.name, ...(acl.domain ? { acl_domain: acl.domain } : {}) };
    await this.#repository.post(addressOf(object, "edit", "self"), { properties }, options);
  }

  /** Id of a lifecycle by its name. Throws `not-found`. */
  async lifecycleId(name: string, options: CallOptions = {}): Promise<string> {
    const kept = this.#lifecycles.get(name);
    if (kept) return kept;
    const feed = withQuery(await this.#repository.address("lifecycles", options), { "items-per-page": 1000 });
    for await (const { title, href } of this.#repository.entries(feed, options)) {
      if (title !== name || !href) continue;
      const lifecycle = await this.#repository.get(href, options);
      const id = asText(lifecycle.id) ?? asText(asObject(lifecycle.properties).r_object_id);
      if (!id) break;
      this.#lifecycles.set(name, id);
      return id;
    }
    throw new DocbridgeError("not-found", {
      message: `The repository has no lifecycle named "${name}" that the account can see. Check the name in the node.`,
      subject: name,
    });
  }

  /** Attaches a lifecycle, in this state where one is given. */
  async attachLifecycle(object: DocumentumObject, id: string, state: string, options: CallOptions = {}): Promise<void> {
    const body = { "lifecycle-id": id, ...(state ? { "current-state": state } : {}) };
    await this.#repository.put(addressOf(object, "object-lifecycle"), body, options);
  }

  /** Id and current state of the lifecycle an object is in; empty where it is in none. */
  async lifecycleOf(object: DocumentumObject, options: CallOptions = {}): Promise<{ id?: string; state?: string }> {
    const address = hrefOf(object.links, "object-lifecycle");
    if (!address) return {};
    const body = await this.#repository.get(address, options).catch((thrown): JsonObject => {
      // The contract does not say what an object without a lifecycle answers here.
      if (thrown instanceof DocbridgeError && thrown.code === "not-found") return {};
      throw thrown;
    });
    const properties = { ...asObject(body.properties), ...body };
    return { id: asText(properties["lifecycle-id"]), state: asText(properties["current-state"]) };
  }

  async attachAspect(object: DocumentumObject, name: string, options: CallOptions = {}): Promise<void> {
    await this.#repository.post(addressOf(object, "object-aspects"), { aspects: [name] }, options);
  }

  /** Values of attributes of an object as it is now, also of those that the default view does not show. */
  valuesOf(object: DocumentumObject, attributes: string[], options: CallOptions = {}): Promise<JsonObject> {
    return valuesOf(this.#repository, object, attributes, options);
  }

  /** Carries out a request to a resource of the site's own. The reply is not looked at beyond its status. */
  async callSite({ method, url, body }: SiteCall, options: CallOptions = {}): Promise<void> {
    const address = url.startsWith("/") ? (await this.#repository.self(options)) + url : url;
    if (method === "GET") await this.#repository.get(address, options);
    else
      await this.#repository.session.json({
        method,
        url: address,
        body,
        contentType: body === undefined ? undefined : "application/json",
        ...options,
      });
  }
}

function addressOf(object: DocumentumObject, ...relations: string[]): string {
  const address = hrefOf(object.links, ...relations) ?? (relations.includes("self") ? object.href : undefined);
  if (address) return address;
  throw missingLink(`Object ${object.objectId}`, relations[0] as string);
}

export { textsOf };
