import type { Node, NodeAPI, NodeDef } from "node-red";
import { DocbridgeError } from "../core/errors";
import { upgrade } from "../core/upgrades";
import { StatusLine } from "./status";

/**
 * As `RED.nodes.createNode`, and gives the settings of this version of the package, whichever version saved them; the flow
 * file stays as it is until somebody deploys it from the editor. Throws `configuration` for settings of a newer version:
 * Node-RED then reports it and leaves the node out.
 */
export function createNode<T extends NodeDef>(RED: NodeAPI, node: Node, config: T): T {
  RED.nodes.createNode(node, config);
  const done = upgrade(config.type, config as unknown as Record<string, unknown>);
  if (done.outcome === "current") return config;
  if (done.outcome === "newer") {
    new StatusLine(RED, node).show("error", "newerVersion");
    throw new DocbridgeError("configuration", {
      message: `A newer version of this package saved this node (version ${done.version} of its settings; this package knows up to ${done.known}). Install that version of the package, or put the node in anew.`,
      subject: "version",
    });
  }
  for (const { message } of done.told) node.warn(message);
  return done.settings as unknown as T;
}
