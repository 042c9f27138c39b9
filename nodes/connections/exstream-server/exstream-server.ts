import type { NodeAPI } from "node-red";
import type { ExstreamClient } from "../../clients/exstream";
import type { ExstreamDesignClient } from "../../clients/exstream-design";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import { CONNECTION_CREDENTIALS, type ConnectionSecrets } from "../../runtime/connection-options";
import { registerConnectionTest } from "../../runtime/connection-test";
import type { ExstreamServerNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { onClose } from "../../runtime/input";
import { flag } from "../../runtime/settings";
import { type Config, connect, connectDesign, probe } from "./connect";

/** Config node: a connection to Exstream's orchestration service, or to the built-in sandbox. */
export = function register(RED: NodeAPI): void {
  registerConnectionTest<Config>(RED, "exstream-server", async (node, config) => {
    const client = await connect(RED, node, config);
    return probe(client).finally(() => client.close());
  });

  function ExstreamServer(this: ExstreamServerNode, stored: Config): void {
    const config = createNode(RED, this, stored);
    const useSandbox = flag(config.sandbox, true);
    let client: Promise<ExstreamClient> | undefined;
    let design: Promise<ExstreamDesignClient> | undefined;

    this.client = () => {
      client ??= connect(RED, this, config);
      return client;
    };
    this.design = () => {
      design ??= connectDesign(RED, this, config);
      return design;
    };
    this.sandbox = () => (useSandbox ? builtinSandbox(RED) : undefined);
    onClose(this, async () => {
      for (const each of [client, design]) (await each?.catch(() => undefined))?.close();
    });
  }

  RED.nodes.registerType<ExstreamServerNode, Config, object, ConnectionSecrets>("exstream-server", ExstreamServer, {
    credentials: CONNECTION_CREDENTIALS,
  });
};
