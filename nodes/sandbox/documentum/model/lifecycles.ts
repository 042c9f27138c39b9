import { NO_ID } from "./id-source";
import type { ObjectTable } from "./object-table";
import type { ObjectRecord } from "./records";
import type { TypeRegistry } from "./types";

/** One state of a lifecycle; `index` is what `r_current_state` holds. */
export interface LifecycleState {
  index: number;
  name: string;
  description: string;
  exceptional: boolean;
  /** Where a suspension leads from here; empty when this state cannot be suspended. */
  exceptionState: string;
  allowAttach: boolean;
  allowSchedule: boolean;
  returnToBase: boolean;
  allowDemote: boolean;
  /** Policy an object comes under in this state; a site's add-on. */
  retention: string;
}

/** Where an object stands in its lifecycle, and where it can go from there. */
export interface LifecyclePosition {
  lifecycle: ObjectRecord;
  states: LifecycleState[];
  current: LifecycleState;
  previous?: LifecycleState;
  next?: LifecycleState;
  /** Of a suspended object: the state it was in. */
  resume?: LifecycleState;
  suspended?: LifecycleState;
}

/** Lifecycles and the objects attached to them (wire/documentum.md section 18). */
export class Lifecycles {
  constructor(
    private readonly objects: ObjectTable,
    private readonly types: TypeRegistry,
  ) {}

  /** All of them, oldest first. */
  *all(): Iterable<ObjectRecord> {
    for (const type of this.types.family("dm_policy")) {
      for (const id of this.objects.idsOf(type)) {
        const record = this.objects.get(id);
        if (record) yield record;
      }
    }
  }

  /** May objects of this type be attached? */
  takes(lifecycle: ObjectRecord, type: string): boolean {
    const included = (lifecycle.values.included_type as string[] | undefined) ?? [];
    const below = (lifecycle.values.include_subtypes as boolean[] | undefined) ?? [];
    return included.some((name, at) => name === type || (below[at] === true && this.types.isA(type, name)));
  }

  /** The object's place in its lifecycle; undefined when it is attached to none. */
  positionOf({ values }: ObjectRecord): LifecyclePosition | undefined {
    const lifecycle = this.objects.get((values.r_policy_id as string | undefined) ?? NO_ID);
    if (!lifecycle) return undefined;
    const states = statesOf(lifecycle);
    const current = states[(values.r_current_state as number | undefined) ?? 0];
    if (!current) return undefined;
    const normal = states.filter(({ exceptional }) => !exceptional);
    const at = normal.indexOf(current);
    if (current.exceptional) return { lifecycle, states, current, resume: states[(values.r_resume_state as number | undefined) ?? 0] };
    return {
      lifecycle,
      states,
      current,
      ...(current.allowDemote && at > 0 ? { previous: normal[at - 1] } : {}),
      ...(at < normal.length - 1 ? { next: normal[at + 1] } : {}),
      suspended: states.find(({ name }) => current.exceptionState !== "" && name === current.exceptionState),
    };
  }
}

/** The states in their order. */
export function statesOf({ values }: ObjectRecord): LifecycleState[] {
  const at = <T>(name: string, index: number, initial: T): T => ((values[name] as T[] | undefined)?.[index] ?? initial) as T;
  return ((values.state_name as string[] | undefined) ?? []).map((name, index) => ({
    index,
    name,
    description: at("state_description", index, ""),
    exceptional: at<number>("state_class", index, 0) === 1,
    exceptionState: at("exceptional_state", index, ""),
    allowAttach: at("allow_attach", index, false),
    allowSchedule: at("allow_schedule", index, false),
    returnToBase: at("return_to_base", index, false),
    allowDemote: at("allow_demote", index, false),
    retention: at("state_retention", index, ""),
  }));
}
