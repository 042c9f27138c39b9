import { DocbridgeError } from "../../core/errors";
import type { JsonObject } from "../http/json";
import type { CallOptions } from "../http/session";
import { hrefOf } from "./feed";
import { type DocumentumObject, readResource } from "./objects";
import { missingLink, type Repository } from "./repository";

/** How often a change is made anew because somebody else was faster. */
const TRIES = 8;

/**
 * Changes attributes of an object by what they are now: `change` gives the new values, or undefined when there is nothing to
 * do. From 16.4 on the server sees to it that nobody's change in between is lost (wire/documentum.md 22.4); before that
 * only the account's own changes are kept apart, by whoever calls this. Gives the object as it is afterwards.
 */
export async function updateObject(
  repository: Repository,
  object: DocumentumObject,
  change: (now: DocumentumObject) => JsonObject | undefined,
  options: CallOptions,
): Promise<DocumentumObject> {
  const address = object.href ?? hrefOf(object.links, "edit", "self");
  if (!address) throw missingLink(`Object ${object.objectId}`, "edit");
  for (let attempt = 1; ; attempt += 1) {
    const { json, etag } = await repository.getTagged(address, options);
    const now = readResource(json);
    if (!now) throw new DocbridgeError("unexpected-reply", { message: `Object ${object.objectId} came without its r_object_id.` });
    const properties = change(now);
    if (!properties) return now;
    try {
      const target = hrefOf(now.links, "edit", "self") ?? address;
      return readResource(await repository.post(target, { properties }, { ...options, ifMatch: etag })) ?? now;
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError) || thrown.status !== 412) throw thrown;
      if (attempt < TRIES) continue;
      throw new DocbridgeError("refused", {
        message: `Object ${object.objectId} is changed by others all the time. It is tried again later.`,
        retryable: true,
        subject: object.objectId,
        cause: thrown,
      });
    }
  }
}
