import type { NodeAPI, NodeCredentials } from "node-red";
import { ExstreamGatewayClient } from "../../clients/exstream/gateway";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import { type ConnectionConfig, type ConnectionOwner, required, transportOptions } from "../../runtime/connection-options";
import { flag, text } from "../../runtime/settings";

/** What the dialog says of the service gateway of a Communications Server; absent in flows of before. */
export interface GatewayConfig extends ConnectionConfig {
  /** Its root; empty: there is none. */
  gatewayUrl?: string;
  gatewayTicketUrl?: string;
  gatewayTicketHeader?: string;
}

export interface GatewaySecrets {
  gatewayUser?: string;
  gatewayPassword?: string;
}

export const GATEWAY_CREDENTIALS: NodeCredentials<GatewaySecrets> = {
  gatewayUser: { type: "text" },
  gatewayPassword: { type: "password" },
};

/** Header that carries the ticket (wire/exstream.md 3). */
const TICKET_HEADER = "OTDSTicket";

/** A client for the service gateway, which has a sign-in of its own. Throws `configuration`. */
export async function connectGateway(RED: NodeAPI, node: ConnectionOwner, config: GatewayConfig): Promise<ExstreamGatewayClient> {
  const ticket = (credentialsUrl: string, user: string, password: string, headerName: string) =>
    ({ kind: "otds-ticket", credentialsUrl, user, password, headerName }) as const;
  if (flag(config.sandbox, true)) {
    const { otds, exstream } = await builtinSandbox(RED);
    const credentials = ticket(otds.ticketUrl, otds.user, otds.password, TICKET_HEADER);
    return new ExstreamGatewayClient({ baseUrl: exstream.gatewayUrl, credentials });
  }
  const { gatewayUser = "", gatewayPassword = "" } = (node.credentials ?? {}) as GatewaySecrets;
  return new ExstreamGatewayClient({
    ...transportOptions(RED, config),
    baseUrl: required(text(RED, node, config.gatewayUrl), "gatewayUrl"),
    credentials: ticket(
      required(text(RED, node, config.gatewayTicketUrl), "gatewayTicketUrl"),
      required(gatewayUser, "gatewayUser"),
      gatewayPassword,
      text(RED, node, config.gatewayTicketHeader) || TICKET_HEADER,
    ),
  });
}
