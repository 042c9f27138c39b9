import { DocbridgeError } from "../../core/errors";
import type { CallOptions } from "../http/session";
import { hrefOf } from "./feed";
import { type DocumentumObject, readResource } from "./objects";
import { missingLink, type Repository } from "./repository";
import { type CreatedDocument, type ObjectWithContent, sendObject } from "./send";

export interface Checkin extends ObjectWithContent {
  policy: "minor" | "major";
}

/**
 * Locks and new versions (wire/documentum.md 13). Objects given in are as the server last showed them, with their links:
 * what is possible is what has a link (client rule 14).
 */
export class DocumentumVersions {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** True when the connection's own account holds the lock: only then there is a link to check in. */
  isLockedByUs(object: DocumentumObject): boolean {
    return hrefOf(object.links, "checkin-next-minor", "checkin-next-major") !== undefined;
  }

  /** Locks an object. Throws `locked`, naming the owner, when somebody has it checked out. */
  async checkOut(object: DocumentumObject, options: CallOptions = {}): Promise<DocumentumObject> {
    const address = hrefOf(object.links, "checkout");
    if (!address) throw isLocked(object) ? locked(object) : missingLink(`Object ${object.objectId}`, "checkout");
    try {
      return resourceOf(await this.#repository.put(address, undefined, options), object);
    } catch (thrown) {
      // Somebody may have been faster; a site can suppress the details that would say so (wire/documentum.md 22.1).
      if (!(thrown instanceof DocbridgeError) || thrown.ambiguous || thrown.status === undefined) throw thrown;
      const now = await this.#read(object, options).catch(() => undefined);
      throw now && isLocked(now) ? locked(now) : thrown;
    }
  }

  /** Checks in content and attributes as the next version, which becomes the current one. `object` is the locked one. */
  checkIn(object: DocumentumObject, checkin: Checkin, options: CallOptions = {}): Promise<CreatedDocument> {
    const relation = `checkin-next-${checkin.policy}`;
    const address = hrefOf(object.links, relation);
    if (!address) throw missingLink(`Object ${object.objectId}`, relation);
    return sendObject(this.#repository, address, checkin, options);
  }

  /** Gives up the account's own lock, if there still is one. Never another's: an administrator sees a link for those too. */
  async cancel(object: DocumentumObject, options: CallOptions = {}): Promise<void> {
    const now = await this.#read(object, options);
    const address = hrefOf(now.links, "cancel-checkout");
    if (address && this.isLockedByUs(now)) await this.#repository.delete(address, options);
  }

  async #read(object: DocumentumObject, options: CallOptions): Promise<DocumentumObject> {
    const address = object.href ?? hrefOf(object.links, "self");
    if (!address) throw missingLink(`Object ${object.objectId}`, "self");
    return resourceOf(await this.#repository.get(address, options), object);
  }
}

function resourceOf(body: Record<string, unknown>, asked: DocumentumObject): DocumentumObject {
  const object = readResource(body);
  if (object) return object;
  throw new DocbridgeError("unexpected-reply", {
    message: `Object ${asked.objectId} came without its r_object_id.`,
    subject: asked.objectId,
  });
}

function isLocked({ lockOwner }: DocumentumObject): boolean {
  return lockOwner !== undefined;
}

function locked({ objectId, lockOwner }: DocumentumObject): DocbridgeError {
  return new DocbridgeError("locked", {
    message: `Object ${objectId} is checked out by ${lockOwner}. It is left alone until ${lockOwner} checks it in or cancels the checkout.`,
    retryable: true,
    subject: objectId,
  });
}
