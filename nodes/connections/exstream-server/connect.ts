import type { NodeAPI, NodeCredentials } from "node-red";
import { ExstreamDesignClient } from "../../clients/exstream/design";
import { ExstreamClient, type ExstreamOptions } from "../../clients/exstream/exstream";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import {
  CONNECTION_CREDENTIALS,
  type ConnectionOwner,
  type ConnectionSecrets,
  connectionOptions,
  required,
  sandboxCredentials,
} from "../../runtime/connection-options";
import { flag, text } from "../../runtime/settings";
import { connectEngine, ENGINE_CREDENTIALS, type EngineConfig, type EngineSecrets } from "./engine";
import { connectGateway, GATEWAY_CREDENTIALS, type GatewayConfig, type GatewaySecrets } from "./gateway";

export interface Config extends EngineConfig, GatewayConfig {
  baseUrl: string;
  domain: string;
  /** Path of the orchestration service below the base URL. */
  prefix: string;
}

export type Secrets = ConnectionSecrets & EngineSecrets & GatewaySecrets;

export const CREDENTIALS: NodeCredentials<Secrets> = { ...CONNECTION_CREDENTIALS, ...ENGINE_CREDENTIALS, ...GATEWAY_CREDENTIALS };

/** A client for what the dialog says. Throws `configuration`. */
export async function connect(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<ExstreamClient> {
  return new ExstreamClient(await optionsOf(RED, node, config));
}

/** As `connect`, to the design service. */
export async function connectDesign(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<ExstreamDesignClient> {
  return new ExstreamDesignClient(await optionsOf(RED, node, config));
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

/**
 * Proves address, sign-in, domain and the right to read, and that engine service and service gateway are where the dialog
 * says; who has no orchestration service leaves its base URL empty. Throws DocbridgeError.
 */
export async function probe(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<string> {
  const found: (string | undefined)[] = [];
  const isSandbox = flag(config.sandbox, true);
  const hasEngine = text(RED, node, config.engineUrl) !== "";
  const hasGateway = text(RED, node, config.gatewayUrl) !== "";
  if (isSandbox || !(hasEngine || hasGateway) || text(RED, node, config.baseUrl) !== "") {
    const client = await connect(RED, node, config);
    const { version } = await client.check().finally(() => client.close());
    found.push(["Exstream Orchestration", version].filter(Boolean).join(" "));
  }
  if (isSandbox || hasEngine) {
    const engine = await connectEngine(RED, node, config);
    await engine.check().finally(() => engine.close());
    found.push("Engine Web Service");
  }
  if (isSandbox || hasGateway) {
    const gateway = await connectGateway(RED, node, config);
    await gateway.check().finally(() => gateway.close());
    found.push("Service Gateway");
  }
  return found.join(", ");
}
