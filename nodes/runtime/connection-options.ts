import type { AgentOptions } from "node:https";
import type { Node, NodeAPI, NodeCredentials, NodeDef } from "node-red";
import type { ProxySettings } from "../clients/http/proxy";
import type { ConnectionOptions } from "../clients/http/session";
import type { CredentialConfig } from "../clients/otds";
import { DocbridgeError } from "../core/errors";
import type { SandboxDescription } from "../sandbox/main";
import { number, text } from "./settings";

/** The part of a connection's dialog that says how to reach a server and who we are there. */
export interface ConnectionConfig extends NodeDef {
  sandbox: boolean;
  auth: "oauth2" | "basic" | "otds-ticket" | "none";
  tokenUrl: string;
  grant: "client_credentials" | "password";
  scope: string;
  bodyFormat: "form" | "json";
  clientAuth: "body" | "basic";
  ticketUrl?: string;
  ticketHeader?: string;
  tls: string;
  proxy: string;
  timeoutSeconds: string;
  parallel?: string;
  ratePerSecond?: string;
}

export interface ConnectionSecrets {
  clientId?: string;
  clientSecret?: string;
  user?: string;
  password?: string;
}

/** Whose connection it is: the node, or what stands for it while a dialog is tried out. */
export type ConnectionOwner = Pick<Node<ConnectionSecrets>, "credentials">;

/** The credential declaration every connection registers: ids are shown in the dialog, secrets never leave the runtime. */
export const CONNECTION_CREDENTIALS: NodeCredentials<ConnectionSecrets> = {
  clientId: { type: "text" },
  clientSecret: { type: "password" },
  user: { type: "text" },
  password: { type: "password" },
};

/** What the clients need of a connection to a real server. Throws `configuration` naming the field that is missing. */
export function connectionOptions(RED: NodeAPI, node: ConnectionOwner, config: ConnectionConfig): ConnectionOptions {
  return { credentials: credentialsOf(RED, node, config), ...transportOptions(RED, config) };
}

/** The part of it that says nothing of who we are. */
export function transportOptions(RED: NodeAPI, config: ConnectionConfig): Omit<ConnectionOptions, "credentials"> {
  return {
    timeoutMs: number(config.timeoutSeconds, "timeoutSeconds", 60) * 1000,
    maxConcurrent: Math.max(1, number(config.parallel, "parallel", 8)),
    // 0, which an empty field means, lifts the limit also where a client would have one of its own.
    ratePerSecond: number(config.ratePerSecond, "ratePerSecond", 0),
    ...tlsOf(RED, config),
    ...proxyOf(RED, config),
  };
}

/** How the sandbox's services are signed in to. */
export function sandboxCredentials({ tokenUrl, clientId, clientSecret }: SandboxDescription["otds"]): CredentialConfig {
  return { kind: "oauth2", tokenUrl, grant: "client_credentials", clientId, clientSecret, bodyFormat: "form", clientAuth: "body" };
}

/** A field that must be filled in. Throws `configuration`. */
export function required(value: string, field: string): string {
  if (value !== "") return value;
  throw new DocbridgeError("configuration", {
    message: `The field '${field}' of the connection is empty. Fill it in, or switch the built-in sandbox on.`,
    subject: field,
  });
}

function credentialsOf(RED: NodeAPI, node: ConnectionOwner, config: ConnectionConfig): CredentialConfig {
  const secrets = node.credentials ?? {};
  const field = (name: keyof ConnectionConfig) => text(RED, node, config[name]);
  switch (config.auth) {
    case "none":
      return { kind: "none" };
    case "basic":
      return { kind: "basic", user: required(secrets.user ?? "", "user"), password: secrets.password ?? "" };
    case "otds-ticket":
      return {
        kind: "otds-ticket",
        credentialsUrl: required(field("ticketUrl"), "ticketUrl"),
        headerName: required(field("ticketHeader"), "ticketHeader"),
        user: required(secrets.user ?? "", "user"),
        password: secrets.password ?? "",
      };
    case "oauth2":
      return {
        kind: "oauth2",
        tokenUrl: required(field("tokenUrl"), "tokenUrl"),
        grant: config.grant,
        clientId: required(secrets.clientId ?? "", "clientId"),
        clientSecret: secrets.clientSecret ?? "",
        user: secrets.user,
        password: secrets.password,
        scope: field("scope") || undefined,
        bodyFormat: config.bodyFormat,
        clientAuth: config.clientAuth,
      };
  }
}

/** Node-RED's TLS node knows more sources of certificates with every release, so it fills in the options itself. */
function tlsOf(RED: NodeAPI, config: ConnectionConfig): { tls?: AgentOptions } {
  const node = config.tls ? (RED.nodes.getNode(config.tls) as { addTLSOptions?: (options: AgentOptions) => AgentOptions } | null) : null;
  if (!node?.addTLSOptions) return {};
  const tls: AgentOptions = {};
  node.addTLSOptions(tls);
  return { tls };
}

interface ProxyNode extends Node<{ username?: string; password?: string }> {
  url?: string;
  noproxy?: string[];
}

function proxyOf(RED: NodeAPI, config: ConnectionConfig): { proxy?: ProxySettings } {
  const node = config.proxy ? (RED.nodes.getNode(config.proxy) as ProxyNode | null) : null;
  if (!node?.url) return {};
  return { proxy: { url: node.url, username: node.credentials?.username, password: node.credentials?.password, noProxy: node.noproxy } };
}
