import { DocbridgeError } from "../../core/errors";
import { asBoolean, asNumber, asText } from "../http/json";
import type { CallOptions } from "../http/session";
import { createdInstance, type Instance, type InstanceRef, knownInstance, type NewInstance } from "./instance";
import { type CmsService, instancePath } from "./service";

/** A row of an object's versions; every version has an id of its own. */
export interface Version {
  id: string;
  versionNo?: number;
  latest: boolean;
}

/** Locks and new versions (wire/css.md 6.1). */
export class CmsVersions {
  readonly #service: CmsService;

  constructor(service: CmsService) {
    this.#service = service;
  }

  /**
   * Locks an instance for the connection's account, and gives it as it is then. Throws `locked`, naming the owner, when
   * somebody else has it. What the vendor answers either way is unknown, so the instance itself is asked.
   */
  async lock(ref: InstanceRef, options: CallOptions = {}): Promise<Instance> {
    try {
      await this.#service.call({ method: "PUT", path: `${instancePath(ref)}/lock`, signal: options.signal });
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError) || thrown.ambiguous || thrown.status === undefined) throw thrown;
      const now = await this.#read(ref, options).catch(() => undefined);
      throw now?.lockOwner ? locked(ref.id, now.lockOwner) : thrown;
    }
    return this.#read(ref, options);
  }

  async unlock(ref: InstanceRef, options: CallOptions = {}): Promise<void> {
    await this.#service.call({ method: "DELETE", path: `${instancePath(ref)}/lock`, signal: options.signal });
  }

  /** Creates the version after this one from a whole body. An `ambiguous` failure may have been carried out. */
  async createNext(ref: InstanceRef, body: NewInstance, options: CallOptions = {}): Promise<Instance> {
    const path = `${instancePath(ref)}/nextVersion`;
    const { json, status } = await this.#service.call({ method: "POST", path, json: body, signal: options.signal });
    return createdInstance(json, status);
  }

  /** All versions of the object an instance is a version of, the newest first. */
  async list(ref: InstanceRef, options: CallOptions = {}): Promise<Version[]> {
    const versions: Version[] = [];
    const path = `${instancePath(ref)}/versions?sortby=${encodeURIComponent("version_no desc")}&page=1&items-per-page=200`;
    for await (const row of this.#service.pages(path, options)) {
      const id = asText(row.id);
      if (id) versions.push({ id, versionNo: asNumber(row.version_no), latest: asBoolean(row.latest) });
    }
    return versions;
  }

  async #read(ref: InstanceRef, options: CallOptions): Promise<Instance> {
    return knownInstance((await this.#service.call({ path: instancePath(ref), signal: options.signal })).json, ref.id);
  }
}

/** That somebody else has an instance locked. */
export function locked(id: string, owner: string): DocbridgeError {
  return new DocbridgeError("locked", {
    message: `CMS object ${id} is locked by ${owner}. It is left alone until ${owner} gives the lock up.`,
    retryable: true,
    subject: id,
  });
}
