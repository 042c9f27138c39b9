import type { Node, NodeAPI } from "node-red";
import { namesOf, renamesOf } from "../../../core/intake/names";
import { checkTemplate } from "../../../core/mapping/template";
import type { ExstreamServerNode } from "../../../runtime/connections";
import { configNode, number, text } from "../../../runtime/settings";
import type { Config } from "../config";
import type { FolderTools } from "../folder/folder-modes";
import { keepLooking } from "../intake-loop";
import { DAY_MS } from "../polling/poll";
import { GatewayPoll } from "./gateway-poll";

/** Asks a service gateway for documents again and again. Returns a function that stops. Throws `configuration`. */
export function openGateway(RED: NodeAPI, node: Node, config: Config, tools: FolderTools): () => Promise<void> {
  const server = configNode<ExstreamServerNode>(RED, config.server, "server");
  const address = text(RED, node, config.gatewayAddress ?? GATEWAY_ADDRESS);
  checkTemplate(address, "address of a document");
  const poll = new GatewayPoll({
    node,
    client: () => server.gateway(),
    ...tools,
    settings: {
      services: namesOf(text(RED, node, config.services)),
      connectors: namesOf(text(RED, node, config.gatewayConnectors)),
      held: namesOf(text(RED, node, config.gatewayHeld)),
      address,
      names: renamesOf(text(RED, node, config.keyNames)),
      sinceMs: number(config.sinceDays, "sinceDays", 1) * DAY_MS,
      deadlineMs: number(config.deadlineMinutes, "deadlineMinutes", 240) * 60_000,
    },
  });
  const pollMs = Math.max(0.1, number(config.jobPollSeconds, "jobPollSeconds", 30)) * 1000;
  return keepLooking(node, tools.ledgerNode, poll, { what: "The documents of the service gateway", idle: "polling", pollMs }, tools.status);
}

/** Where a gateway gives the bytes of a document is not public. [OURS] */
const GATEWAY_ADDRESS = "v1/documents/{{processingattemptid}}/content";
