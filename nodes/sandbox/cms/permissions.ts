import { randomUUID } from "node:crypto";
import type { Principal } from "../kernel/identity";
import type { Collection, Store } from "../kernel/store";
import { forbidden, invalid } from "./errors";
import { type Acl, type Instance, PERMISSIONS, type Permission, type Permit } from "./model";

/** A person or program as wire/css.md 6.3 shows one. */
export interface UserObject {
  id: string;
  identity_type: "USER";
  first_name: string;
  last_name: string;
  service_account: boolean;
  email: string;
  otds_uuid: string;
}

export interface DirectoryUser {
  name: string;
  firstName: string;
  lastName: string;
  groups: readonly string[];
}

/** Access lists, and who may do what by them. */
export class Permissions {
  readonly acls: Collection<Acl>;

  constructor(
    store: Store,
    private readonly users: readonly DirectoryUser[],
    private readonly now: () => string,
  ) {
    this.acls = store.collection("acl");
  }

  /** Throws CmsError 400. */
  acl(id: string): Acl {
    const acl = this.acls.get(id);
    if (!acl) throw invalid(`acl '${id}' does not exist`);
    return acl;
  }

  named(name: string): Acl {
    const acl = [...this.acls.values()].find((one) => one.name === name);
    if (!acl) throw new Error(`the seed has no access list '${name}'`);
    return acl;
  }

  ensureAcl(name: string, description: string, permits: Permit[]): void {
    if ([...this.acls.values()].some((one) => one.name === name)) return;
    const id = randomUUID();
    const time = { create_time: this.now(), update_time: this.now(), created_by: "system", updated_by: "system" };
    this.acls.put(id, { id, name, display_name: name, description, permits, ...time });
  }

  /** What the caller may do with an instance. */
  granted(aclId: string, principal: Principal): Permission[] {
    const groups = new Set(["everyone", ...(this.users.find((user) => user.name === principal.user)?.groups ?? [])]);
    const granted = new Set<string>();
    for (const permit of this.acl(aclId).permits) {
      const applies = permit.identity_type === "GROUP" ? groups.has(permit.identity) : permit.identity === principal.user;
      if (applies) for (const permission of permit.permissions) granted.add(permission);
    }
    return PERMISSIONS.filter((permission) => granted.has(permission));
  }

  /** Throws CmsError 403. */
  require(instance: Instance, principal: Principal, permission: Permission): void {
    if (!this.granted(instance.acl_id, principal).includes(permission)) {
      throw forbidden(`the access list of '${instance.id}' does not grant ${permission}`);
    }
  }

  userObject(name: string): UserObject {
    const user = this.users.find((one) => one.name === name);
    return {
      id: name,
      identity_type: "USER",
      first_name: user?.firstName ?? "",
      last_name: user?.lastName ?? "",
      service_account: name.endsWith("@OAuthClients"),
      email: user ? `${name}@sandbox.invalid` : "",
      otds_uuid: name,
    };
  }
}
