import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { isSubscribed, SUBSCRIPTION, subscribedBy, subscriptionsOf } from "../model/subscriptions";
import type { Router } from "../router";
import { type Call, demandMembers, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest, cause, notFound } from "../wire/failures";
import { objectReply } from "../wire/object-reply";
import { listObjects } from "./listings";

const R = "/repositories/:repository";
/** Subscriptions to objects (wire/documentum.md 16.9). */
export function mountSubscriptions(router: Router, repository: Repository): void {
  router.on("GET", `${R}/subscriptions`, (call) =>
    listObjects(repository, call, subscribedBy(repository, userOf(call).name), {
      title: "Subscriptions",
      kind: "objects",
      type: "dm_sysobject",
      allVersions: true,
    }),
  );
  router.on("PUT", `${R}/objects/:id/subscription`, (call) => subscribe(repository, call));
  router.on("DELETE", `${R}/objects/:id/subscription`, (call) => {
    const found = subscriptionsOf(repository, objectOf(repository, call), userOf(call).name);
    if (found.length === 0) throw notFound("The subscription");
    for (const { id } of found) repository.objects.delete(id);
    return { status: 204 };
  });
}

function objectOf(repository: Repository, call: Call): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_sysobject");
  repository.permits.demand(userOf(call), record, "read");
  return record;
}

/** `{"subscribers":["name"]}`, or without a body the one who asks. */
async function subscribe(repository: Repository, call: Call): Promise<Reply> {
  const object = objectOf(repository, call);
  const body = call.body.mediaType === "" || (call.header("content-length") ?? "0") === "0" ? {} : await objectBody(call);
  demandMembers(body, ["subscribers", "links"]);
  const names = body.subscribers ?? [userOf(call).name];
  if (!Array.isArray(names)) throw badRequest("The member 'subscribers' is not a list of names.");
  for (const name of names) {
    const user = repository.userRecord(String(name));
    if (!user)
      throw badRequest("A subscriber does not exist.", cause("DM_USER_E_NOT_EXIST", "There is no user of one of the names given."));
    if (isSubscribed(repository, object, String(name))) continue;
    repository.add("dm_relation", { relation_name: SUBSCRIPTION, parent_id: object.id, child_id: user.id });
  }
  return objectReply(repository, call, object, "objects", 201);
}
