import type { NodeAPI } from "node-red";
import type { ExstreamDesignClient } from "../../clients/exstream/design";
import type { EwsClient } from "../../clients/exstream/ews";
import type { ExstreamClient } from "../../clients/exstream/exstream";
import type { ExstreamGatewayClient } from "../../clients/exstream/gateway";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import { registerConnectionTest } from "../../runtime/connection-test";
import type { ExstreamServerNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { onClose } from "../../runtime/input";
import { flag } from "../../runtime/settings";
import { type Config, CREDENTIALS, connect, connectDesign, probe, type Secrets } from "./connect";
import { connectEngine } from "./engine";
import { connectGateway } from "./gateway";

/** Config node: a connection to Exstream's orchestration service, to its services on premises, or to the built-in sandbox. */
export = function register(RED: NodeAPI): void {
  registerConnectionTest<Config>(RED, "exstream-server", (node, config) => probe(RED, node, config));

  function ExstreamServer(this: ExstreamServerNode, stored: Config): void {
    const config = createNode(RED, this, stored);
    const useSandbox = flag(config.sandbox, true);
    let client: Promise<ExstreamClient> | undefined;
    let design: Promise<ExstreamDesignClient> | undefined;
    let engine: Promise<EwsClient> | undefined;
    let gateway: Promise<ExstreamGatewayClient> | undefined;

    this.client = () => {
      client ??= connect(RED, this, config);
      return client;
    };
    this.design = () => {
      design ??= connectDesign(RED, this, config);
      return design;
    };
    this.engine = () => {
      engine ??= connectEngine(RED, this, config);
      return engine;
    };
    this.gateway = () => {
      gateway ??= connectGateway(RED, this, config);
      return gateway;
    };
    this.sandbox = () => (useSandbox ? builtinSandbox(RED) : undefined);
    onClose(this, async () => {
      for (const each of [client, design, engine, gateway]) (await each?.catch(() => undefined))?.close();
    });
  }

  RED.nodes.registerType<ExstreamServerNode, Config, object, Secrets>("exstream-server", ExstreamServer, { credentials: CREDENTIALS });
};
