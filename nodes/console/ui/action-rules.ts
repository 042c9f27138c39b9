import type { DocumentState } from "../../core/document";
import type { ActionName } from "../../core/ledger/console";

/** What may be done with documents of a state, as far as the state says; the ledger decides. */
const states: Record<ActionName, readonly DocumentState[]> = {
  retry: ["quarantined", "parked"],
  accept: ["conflict"],
  replay: ["closed"],
  "route-again": ["quarantined", "parked", "held", "received", "routed", "archiving", "archived"],
  reject: ["quarantined", "conflict", "parked", "held"],
};

/** Actions that fit at least one of the states, those that lead on first. */
export function actionsFor(wanted: Iterable<DocumentState>): ActionName[] {
  const present = new Set(wanted);
  return (Object.keys(states) as ActionName[]).filter((action) => states[action].some((state) => present.has(state)));
}
