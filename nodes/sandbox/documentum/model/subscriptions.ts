import type { ObjectRecord } from "./records";
import type { Repository } from "./repository";

/** A subscription is a relation of this name between an object and a user. */
export const SUBSCRIPTION = "dm_subscription";

/** Relations that subscribe a user to an object. */
export function subscriptionsOf(repository: Repository, object: ObjectRecord, user: string): ObjectRecord[] {
  const userId = repository.userRecord(user)?.id;
  const all = [...repository.objects.lookup("parent_id", object.id)].map((id) => repository.objects.get(id));
  return all.filter((one) => one?.values.relation_name === SUBSCRIPTION && one.values.child_id === userId) as ObjectRecord[];
}

/** Ids of the objects a user has subscribed to. */
export function* subscribedBy(repository: Repository, user: string): Iterable<string> {
  const userId = repository.userRecord(user)?.id ?? "";
  for (const id of repository.objects.lookup("child_id", userId)) {
    const relation = repository.objects.get(id);
    if (relation?.values.relation_name === SUBSCRIPTION) yield String(relation.values.parent_id);
  }
}

export function isSubscribed(repository: Repository, object: ObjectRecord, user: string): boolean {
  return subscriptionsOf(repository, object, user).length > 0;
}
