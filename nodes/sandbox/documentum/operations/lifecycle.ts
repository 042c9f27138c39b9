import { nameOf } from "../model/folder-tree";
import { type LifecyclePosition, type LifecycleState, statesOf } from "../model/lifecycles";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Value } from "../model/types";
import type { Changes } from "../model/values";
import { badRequest, cause, notFound, refused } from "../wire/failures";
import { demandChangeable } from "./demands";

export type Transition = "promotion" | "demotion" | "suspension" | "resumption";

const EVENT_OF = {
  promotion: "dm_bp_promote",
  demotion: "dm_bp_demote",
  suspension: "dm_bp_suspend",
  resumption: "dm_bp_resume",
} as const;

/** `{"lifecycle-id","current-state"?,"aliasset-name"?}`, in a request of its own or at a creation (wire/documentum.md 7.4, 18). */
export function attachment(repository: Repository, type: string, values: Readonly<Record<string, Value>>, body: unknown): Changes {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw badRequest("The lifecycle to attach is not a JSON object.");
  const { "lifecycle-id": id, "current-state": named, "aliasset-name": aliasSet } = body as Record<string, unknown>;
  const lifecycle = typeof id === "string" ? repository.objects.get(id) : undefined;
  if (!lifecycle || !repository.types.isA(lifecycle.type, "dm_policy")) {
    throw badRequest("The lifecycle does not exist.", cause("DM_POLICY_E_NOT_FOUND", "There is no lifecycle with the id given."));
  }
  if (aliasSet)
    throw badRequest("The alias set does not exist.", cause("DM_POLICY_E_ALIAS_SET", "The lifecycle has no alias set of that name."));
  if (!repository.lifecycles.takes(lifecycle, type)) {
    throw badRequest(
      "The lifecycle cannot be attached.",
      cause("DM_POLICY_E_TYPE", `Lifecycle '${nameOf(lifecycle)}' is not for objects of type ${type}.`),
    );
  }
  const states = statesOf(lifecycle);
  const state = named ? states.find(({ name }) => name === named) : states.find(({ exceptional }) => !exceptional);
  if (!state) throw badRequest("The lifecycle has no such state.", cause("DM_POLICY_E_STATE", "The state named does not exist."));
  if (!state.allowAttach) {
    throw badRequest(
      "The lifecycle cannot be attached.",
      cause("DM_POLICY_E_NOT_ATTACHABLE", `Objects cannot be attached in state '${state.name}'.`),
    );
  }
  return { r_policy_id: lifecycle.id, ...entering(repository, values, state) };
}

/** Attaches an object to a lifecycle. One that is attached already must be detached first. */
export function attachLifecycle(repository: Repository, user: User, record: ObjectRecord, body: unknown): ObjectRecord {
  demandChangeable(repository, user, record);
  if (repository.lifecycles.positionOf(record)) {
    throw stateRefusal(repository, "DM_POLICY_E_ALREADY_ATTACHED", `'${nameOf(record)}' is attached to a lifecycle already.`);
  }
  const attached = repository.save(record, attachment(repository, record.type, record.values, body), user);
  repository.audit.note("dm_bp_attach", user, attached);
  return attached;
}

/** Takes an object out of its lifecycle. What retains it goes on doing so. */
export function detachLifecycle(repository: Repository, user: User, record: ObjectRecord): ObjectRecord {
  demandChangeable(repository, user, record);
  demandPosition(repository, record);
  repository.audit.note("dm_bp_detach", user, record);
  return repository.save(record, { r_policy_id: undefined, r_current_state: undefined, r_resume_state: undefined }, user);
}

/** The state a transition leads to; undefined when it is not possible now. */
export function targetOf(position: LifecyclePosition, transition: Transition): LifecycleState | undefined {
  return { promotion: position.next, demotion: position.previous, suspension: position.suspended, resumption: position.resume }[transition];
}

/** Moves an object to another state. With `trial` everything is checked and nothing done. */
export function transit(repository: Repository, user: User, record: ObjectRecord, transition: Transition, trial: boolean): ObjectRecord {
  demandChangeable(repository, user, record);
  const position = demandPosition(repository, record);
  const target = targetOf(position, transition);
  if (!target) {
    throw stateRefusal(
      repository,
      "DM_POLICY_E_NO_TRANSITION",
      `'${nameOf(record)}' is in state '${position.current.name}', which has no ${transition}.`,
    );
  }
  const changes = entering(repository, record.values, target);
  if (transition === "suspension") changes.r_resume_state = position.current.index;
  if (trial) return record;
  const moved = repository.save(record, changes, user);
  repository.audit.note(EVENT_OF[transition], user, moved);
  return moved;
}

/** Throws 404 when the object is attached to no lifecycle. */
export function demandPosition(repository: Repository, record: ObjectRecord): LifecyclePosition {
  const position = repository.lifecycles.positionOf(record);
  if (position) return position;
  throw notFound("The lifecycle of the object");
}

function entering(repository: Repository, values: Readonly<Record<string, Value>>, state: LifecycleState): Changes {
  return {
    r_current_state: state.index === 0 ? undefined : state.index,
    r_resume_state: undefined,
    ...(state.retention ? repository.governance.underPolicy(values, state.retention) : {}),
  };
}

function stateRefusal(repository: Repository, id: string, text: string): Error {
  return refused(repository.switches.number("lifecycle-refusal-status"), id, text);
}
