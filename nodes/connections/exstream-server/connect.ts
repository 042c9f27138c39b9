import type { NodeAPI } from "node-red";
import { ExstreamClient, type ExstreamOptions } from "../../clients/exstream";
import { ExstreamDesignClient } from "../../clients/exstream-design";
import { ExstreamGatewayClient } from "../../clients/exstream-gateway";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import {
  type ConnectionConfig,
  type ConnectionOwner,
  type ConnectionSecrets,
  connectionOptions,
  required,
  sandboxCredentials,
} from "../../runtime/connection-options";
import { flag, text } from "../../runtime/settings";

/** Header that carries the ticket (wire/exstream.md 3). */
const TICKET_HEADER = "OTDSTicket";

export interface Config extends ConnectionConfig {
  baseUrl: string;
  domain: string;
  /** Path of the orchestration service below the base URL. */
  prefix: string;
  /** Root of the service gateway of a Communications Server; empty or absent: there is none. */
  gatewayUrl?: string;
  gatewayTicketUrl?: string;
  gatewayTicketHeader?: string;
}

export interface ExstreamSecrets extends ConnectionSecrets {
  gatewayUser?: string;
  gatewayPassword?: string;
}

/** A client for what the dialog says. Throws `configuration`. */
export async function connect(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<ExstreamClient> {
  return new ExstreamClient(await optionsOf(RED, node, config));
}

/** As `connect`, to the design service. */
export async function connectDesign(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<ExstreamDesignClient> {
  return new ExstreamDesignClient(await optionsOf(RED, node, config));
}

/** As `connect`, to the service gateway, which has a sign-in of its own. */
export async function connectGateway(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<ExstreamGatewayClient> {
  const ticket = (credentialsUrl: string, user: string, password: string, headerName: string) =>
    ({ kind: "otds-ticket", credentialsUrl, user, password, headerName }) as const;
  if (flag(config.sandbox, true)) {
    const { otds, exstream } = await builtinSandbox(RED);
    return new ExstreamGatewayClient({
      baseUrl: exstream.gatewayUrl,
      credentials: ticket(otds.ticketUrl, otds.user, otds.password, TICKET_HEADER),
    });
  }
  const { gatewayUser = "", gatewayPassword = "" } = (node.credentials ?? {}) as ExstreamSecrets;
  return new ExstreamGatewayClient({
    ...connectionOptions(RED, node, config),
    baseUrl: required(text(RED, node, config.gatewayUrl), "gatewayUrl"),
    credentials: ticket(
      required(text(RED, node, config.gatewayTicketUrl), "gatewayTicketUrl"),
      required(gatewayUser, "gatewayUser"),
      gatewayPassword,
      text(RED, node, config.gatewayTicketHeader) || TICKET_HEADER,
    ),
  });
}

async function optionsOf(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<ExstreamOptions> {
  if (flag(config.sandbox, true)) {
    const { otds, exstream } = await builtinSandbox(RED);
    return { baseUrl: exstream.baseUrl, domain: exstream.domain, credentials: sandboxCredentials(otds) };
  }
  return {
    ...connectionOptions(RED, node, config),
    baseUrl: required(text(RED, node, config.baseUrl), "baseUrl"),
    domain: required(text(RED, node, config.domain), "domain"),
    orchestrationPrefix: text(RED, node, config.prefix),
  };
}

/** Proves address, sign-in, domain and the right to read, of both services where both are given. Throws DocbridgeError. */
export async function probe(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<string> {
  const useSandbox = flag(config.sandbox, true);
  const hasGateway = useSandbox || text(RED, node, config.gatewayUrl) !== "";
  const found: string[] = [];
  if (useSandbox || !hasGateway || text(RED, node, config.baseUrl) !== "") {
    const client = await connect(RED, node, config);
    const { version } = await client.check().finally(() => client.close());
    found.push(["Exstream Orchestration", version].filter(Boolean).join(" "));
  }
  if (hasGateway) {
    const gateway = await connectGateway(RED, node, config);
    await gateway.check().finally(() => gateway.close());
    found.push("Exstream Service Gateway");
  }
  return found.join(", ");
}
