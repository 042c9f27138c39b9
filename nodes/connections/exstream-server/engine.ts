import type { NodeAPI, NodeCredentials } from "node-red";
import { EwsClient } from "../../clients/exstream/ews";
import type { CredentialConfig } from "../../clients/otds";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import { type ConnectionConfig, type ConnectionOwner, required, transportOptions } from "../../runtime/connection-options";
import { flag, text } from "../../runtime/settings";

/** What the dialog says of the engine as a web service (EWS); absent in flows of before. */
export interface EngineConfig extends ConnectionConfig {
  engineUrl?: string;
  engineAuth?: "none" | "usernameToken" | "basic";
}

export interface EngineSecrets {
  engineUser?: string;
  enginePassword?: string;
}

export const ENGINE_CREDENTIALS: NodeCredentials<EngineSecrets> = {
  engineUser: { type: "text" },
  enginePassword: { type: "password" },
};

/** A client for the engine service. Throws `configuration`. */
export async function connectEngine(RED: NodeAPI, node: ConnectionOwner, config: EngineConfig): Promise<EwsClient> {
  if (flag(config.sandbox, true)) {
    const { exstream } = await builtinSandbox(RED);
    return new EwsClient({ address: exstream.engineUrl, credentials: { kind: "none" } });
  }
  const address = required(text(RED, node, config.engineUrl), "engineUrl");
  const { engineUser = "", enginePassword: password = "" } = (node.credentials ?? {}) as EngineSecrets;
  const transport = transportOptions(RED, config);
  if (config.engineAuth === "usernameToken") {
    const usernameToken = { user: required(engineUser, "engineUser"), password };
    return new EwsClient({ ...transport, address, credentials: { kind: "none" }, usernameToken });
  }
  const credentials: CredentialConfig =
    config.engineAuth === "basic" ? { kind: "basic", user: required(engineUser, "engineUser"), password } : { kind: "none" };
  return new EwsClient({ ...transport, address, credentials });
}
