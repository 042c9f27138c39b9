import type { NodeAPI } from "node-red";
import type { TypedTargetNode } from "../../runtime/connections";
import { configNode } from "../../runtime/settings";

/** Where the type is read from; `none`: nothing is checked. */
export type MappingTarget = "documentum" | "css" | "none";

/** The connection to the target, or undefined when there is nothing to check against. Throws `configuration`. */
export function targetOf(RED: NodeAPI, target: MappingTarget, connection: string): TypedTargetNode | undefined {
  return target === "none" ? undefined : configNode<TypedTargetNode>(RED, connection, target === "css" ? "tenant" : "repository");
}
