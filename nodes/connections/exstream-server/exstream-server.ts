import type { NodeAPI } from "node-red";
import { ExstreamClient } from "../../clients/exstream";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import {
  CONNECTION_CREDENTIALS,
  type ConnectionConfig,
  type ConnectionSecrets,
  connectionOptions,
  required,
} from "../../runtime/connection-options";
import type { ExstreamServerNode } from "../../runtime/connections";
import { onClose } from "../../runtime/input";
import { flag, text } from "../../runtime/settings";

interface Config extends ConnectionConfig {
  baseUrl: string;
  domain: string;
  /** Path of the orchestration service below the base URL. */
  prefix: string;
}

/** Config node: a connection to Exstream's orchestration service, or to the built-in sandbox. */
export = function register(RED: NodeAPI): void {
  function ExstreamServer(this: ExstreamServerNode, config: Config): void {
    RED.nodes.createNode(this, config);
    const useSandbox = flag(config.sandbox, true);
    let client: Promise<ExstreamClient> | undefined;

    const connect = async (): Promise<ExstreamClient> => {
      if (useSandbox) {
        const { otds, exstream } = await builtinSandbox(RED);
        const { tokenUrl, clientId, clientSecret } = otds;
        return new ExstreamClient({
          baseUrl: exstream.baseUrl,
          domain: exstream.domain,
          credentials: {
            kind: "oauth2",
            tokenUrl,
            grant: "client_credentials",
            clientId,
            clientSecret,
            bodyFormat: "form",
            clientAuth: "body",
          },
        });
      }
      return new ExstreamClient({
        ...connectionOptions(RED, this, config),
        baseUrl: required(text(RED, this, config.baseUrl), "baseUrl"),
        domain: required(text(RED, this, config.domain), "domain"),
        orchestrationPrefix: text(RED, this, config.prefix),
      });
    };

    this.client = () => {
      client ??= connect();
      return client;
    };
    this.sandbox = () => (useSandbox ? builtinSandbox(RED) : undefined);
    onClose(this, async () => (await client?.catch(() => undefined))?.close());
  }

  RED.nodes.registerType<ExstreamServerNode, Config, object, ConnectionSecrets>("exstream-server", ExstreamServer, {
    credentials: CONNECTION_CREDENTIALS,
  });
};
