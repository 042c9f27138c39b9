import type { CallOptions } from "../http/session";
import { type Instance, type InstanceRef, readInstance } from "./instance";
import { type CmsService, instancePath } from "./service";

/**
 * The recycle bin, and deleting for good (wire/css.md 6.1). The service refuses no delete because a trait says "held":
 * whoever calls these has read holds and retention first (client rule 14).
 */
export class CmsBin {
  readonly #service: CmsService;

  constructor(service: CmsService) {
    this.#service = service;
  }

  /** Puts one version, or all of them, into the recycle bin. */
  async put(ref: InstanceRef, { allVersions = false, signal }: CallOptions & { allVersions?: boolean } = {}): Promise<void> {
    await this.#service.call({ method: "PUT", path: `${instancePath(ref)}/delete${allVersions ? "?all-version=true" : ""}`, signal });
  }

  async list(options: CallOptions = {}): Promise<Instance[]> {
    const found: Instance[] = [];
    for await (const row of this.#service.pages("/deleted?page=1&items-per-page=200", options)) {
      const instance = readInstance(row);
      if (instance) found.push(instance);
    }
    return found;
  }

  /** Takes one version, or all of them, out of the recycle bin. */
  async restore(id: string, { allVersions = false, signal }: CallOptions & { allVersions?: boolean } = {}): Promise<void> {
    const path = `/deleted/${encodeURIComponent(id)}/restore${allVersions ? "?all-version=true" : ""}`;
    await this.#service.call({ method: "PUT", path, signal });
  }

  /** Deletes one version, or all of them, with their bytes. There is no way back. */
  async deleteForGood(ref: InstanceRef, { allVersions = false, signal }: CallOptions & { allVersions?: boolean } = {}): Promise<void> {
    await this.#service.call({ method: "DELETE", path: `${instancePath(ref)}${allVersions ? "/all" : ""}`, signal });
  }
}
