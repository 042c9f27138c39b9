import { asList, asObject, asText, type JsonObject } from "../http/json";
import type { CallOptions } from "../http/session";
import { type InstanceRef, userName } from "./instance";
import { type CmsService, instancePath } from "./service";

/** An access control list: who may do what (wire/css.md section 8). */
export interface Acl {
  id: string;
  name: string;
  permits: { identity: string; permissions: string[] }[];
}

/** A row of the audit trail of an instance. What actions are called is unknown (wire/css.md section 9). */
export interface HistoryRow {
  action: string;
  user?: string;
  status?: string;
  /** As the service gives it. */
  at?: string;
}

/** Who may do what with instances, and who did what. */
export class CmsAccess {
  readonly #service: CmsService;

  constructor(service: CmsService) {
    this.#service = service;
  }

  /** All access control lists of the tenant. */
  async lists(options: CallOptions = {}): Promise<Acl[]> {
    const found: Acl[] = [];
    for await (const row of this.#service.pages("/permissions?page=1&items-per-page=200", options)) found.push(readAcl(row));
    return found;
  }

  async of(ref: InstanceRef, options: CallOptions = {}): Promise<Acl> {
    return readAcl((await this.#service.call({ path: `${instancePath(ref)}/acl`, signal: options.signal })).json);
  }

  async change(ref: InstanceRef, aclId: string, options: CallOptions = {}): Promise<void> {
    await this.#service.call({ method: "PUT", path: `${instancePath(ref)}/acl`, json: { id: aclId }, signal: options.signal });
  }

  /** What the connection's own account may do with an instance. */
  async granted(ref: InstanceRef, options: CallOptions = {}): Promise<string[]> {
    const { json } = await this.#service.call({ path: `${instancePath(ref)}/permissions`, signal: options.signal });
    return asList(json.permissions).map(String);
  }

  /** In the order of the service. */
  async history(ref: InstanceRef, options: CallOptions = {}): Promise<HistoryRow[]> {
    const rows: HistoryRow[] = [];
    for await (const row of this.#service.pages(`${instancePath(ref)}/history?page=1&items-per-page=200`, options)) {
      rows.push({
        action: asText(row.action_name) ?? "",
        user: userName(row.event_user),
        status: asText(row.event_status),
        at: asText(row.create_time),
      });
    }
    return rows;
  }
}

function readAcl(row: JsonObject): Acl {
  return {
    id: asText(row.id) ?? "",
    name: asText(row.name) ?? "",
    permits: asList(row.permits).map((permit) => {
      const { identity, permissions } = asObject(permit);
      return { identity: asText(identity) ?? "", permissions: asList(permissions).map(String) };
    }),
  };
}
