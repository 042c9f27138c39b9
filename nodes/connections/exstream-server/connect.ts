import type { NodeAPI } from "node-red";
import { ExstreamClient, type ExstreamOptions } from "../../clients/exstream";
import { ExstreamDesignClient } from "../../clients/exstream-design";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import {
  type ConnectionConfig,
  type ConnectionOwner,
  connectionOptions,
  required,
  sandboxCredentials,
} from "../../runtime/connection-options";
import { flag, text } from "../../runtime/settings";

export interface Config extends ConnectionConfig {
  baseUrl: string;
  domain: string;
  /** Path of the orchestration service below the base URL. */
  prefix: string;
}

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

/** Proves address, sign-in, domain and the right to read. Throws DocbridgeError. */
export async function probe(client: ExstreamClient): Promise<string> {
  const { version } = await client.check();
  return ["Exstream Orchestration", version].filter(Boolean).join(" ");
}
