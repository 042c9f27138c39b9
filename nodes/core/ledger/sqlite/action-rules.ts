import type { DocumentState } from "../../document";
import type { ActionName } from "../console";
import type { Row } from "./database";

const STATES: Record<ActionName, readonly DocumentState[]> = {
  retry: ["quarantined", "parked"],
  replay: ["closed"],
  "route-again": ["quarantined", "parked", "held", "received", "routed", "archiving", "archived"],
  reject: ["quarantined", "conflict", "parked", "held"],
  accept: ["conflict"],
};

/** Columns `mayAct` looks at. */
export const ACTION_COLUMNS = "id, state, lease_session, bytes_gone";

/** A document in the flow is left to it. One whose bytes are gone cannot go through its flow again, only end. */
export function mayAct(action: ActionName, row: Row): boolean {
  return STATES[action].includes(row.state as DocumentState) && row.lease_session === null && (action === "reject" || row.bytes_gone === 0);
}
