import type { Node, NodeAPI, NodeDef } from "node-red";
import { destinationsOf, type StoredDestination } from "./destinations";

interface Config extends NodeDef {
  table: string;
  destinations: StoredDestination[];
  links: string[];
  outputs: number;
}

export = function register(RED: NodeAPI): void {
  function DocumentRouter(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    destinationsOf(RED, this, config.destinations, config.links);
  }

  RED.nodes.registerType("document-router", DocumentRouter);
};
