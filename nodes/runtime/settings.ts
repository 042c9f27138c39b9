import type { Node, NodeAPI, NodeMessage } from "node-red";
import { DocbridgeError } from "../core/errors";

/**
 * Property values as the editor stored them are text, and so is everything `${ENV}` replaced; these readers give the
 * type, and say which field is wrong.
 */

/** Text with `${NAME}` parts replaced by the environment of the flow. */
export function text(RED: NodeAPI, node: object, value: unknown): string {
  const raw = value === undefined || value === null ? "" : String(value);
  return raw.includes("${") ? String(RED.util.evaluateNodeProperty(raw, "env", node as Node, {})) : raw;
}

/** The value of a typed input for a message. Throws what its expression throws. */
export function typedValue(RED: NodeAPI, node: Node, value: string, type: string, message: NodeMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    RED.util.evaluateNodeProperty(value, type as "str", node, message, (error, found) => (error ? reject(error) : resolve(found)));
  });
}

/** A number, or `fallback` for an empty field. Throws `configuration`. */
export function number(value: unknown, field: string, fallback: number): number {
  if (value === undefined || value === null || value === "") return fallback;
  const parsed = Number(value);
  if (Number.isFinite(parsed) && parsed >= 0) return parsed;
  throw new DocbridgeError("configuration", { message: `The field '${field}' must be a number of 0 or more.`, subject: field });
}

/** True for the booleans and texts the editor and `${ENV}` give. */
export function flag(value: unknown, fallback: boolean): boolean {
  if (value === undefined || value === null || value === "") return fallback;
  return value === true || value === "true" || value === "1";
}

/** Comma-separated names without blanks and empty ones. */
export function names(value: string): string[] {
  return value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** As `configNode`, for work that goes on while nodes close: they can no longer be looked up then, but are still there. */
export function heldNode<T extends Node>(RED: NodeAPI, id: unknown, field: string): () => T {
  let held: T | undefined;
  return () => {
    try {
      held = configNode<T>(RED, id, field);
    } catch (error) {
      if (!held) throw error;
    }
    return held;
  };
}

/** The config node a field points to. Throws `configuration` when it is not set, missing or disabled. */
export function configNode<T extends Node>(RED: NodeAPI, id: unknown, field: string): T {
  const node = typeof id === "string" && id !== "" ? (RED.nodes.getNode(id) as T | null) : null;
  if (node) return node;
  throw new DocbridgeError("configuration", {
    message: `The field '${field}' names no configuration node that is there and enabled. Open the dialog and choose one.`,
    subject: field,
  });
}
