import type { Node, NodeAPI } from "node-red";
import type { ExstreamServerNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { inBackground, onClose, onInput } from "../../runtime/input";
import { configNode, flag, text } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import type { Config } from "./config";
import { askEngine } from "./engine";
import { Fields } from "./fields";
import { Jobs } from "./jobs";
import { type Ask, OnDemand } from "./on-demand";

/** Flow node: lets Exstream compose, as a batch job whose output comes in at an Exstream trigger, or on demand. */
export = function register(RED: NodeAPI): void {
  function ExstreamCompose(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const { operation = "batch" } = config;
    const status = new StatusLine(RED, this);
    const fields = new Fields(RED, this, config);
    const cut = new AbortController();
    const { signal } = cut;
    status.show("idle", "ready");

    const gateway = () => configNode<ExstreamServerNode>(RED, config.server, "server").gateway();
    const client = () => configNode<ExstreamServerNode>(RED, config.server, "server").client();

    const generate: Ask = async (message) => {
      const externalId = await fields.text("externalId", message);
      const isOwn = config.compose === "service";
      const communication = isOwn ? {} : { ...(await fields.communication(message)), empowerUser: fields.empowerUser };
      const service = isOwn ? { service: text(RED, this, config.service) } : {};
      const request = { ...(await fields.driverData(message)), ...communication, ...service, externalId, accept: fields.accept, signal };
      const { communicationId } = communication as { communicationId?: string };
      return { reply: await (await client()).generate(request), source: { communicationId, externalId } };
    };

    const fulfil: Ask = async (message) => {
      const communication = await fields.communication(message);
      const documents = await fields.documents(message);
      const preserveDocuments = flag(config.preserveDocuments, true);
      const reply = await (await client()).fulfil({ ...communication, documents, preserveDocuments, accept: fields.accept, signal });
      return { reply, source: { communicationId: communication.communicationId } };
    };

    const now = operation === "ondemand" || operation === "fulfil";
    const compose = config.compose === "engine" ? askEngine(RED, this, config, fields, signal) : generate;
    const onDemand = now ? new OnDemand(RED, this, config, status, operation === "fulfil" ? fulfil : compose) : undefined;
    const jobs = new Jobs(RED, this, config, { status, fields, client, gateway, signal });
    if (onDemand) inBackground(this, status.showing(onDemand.start()));

    onInput(this, (message, send) => {
      if (onDemand) return status.showing(onDemand.handle(message, send));
      return status.showing(jobs.handle(operation as Exclude<typeof operation, "ondemand" | "fulfil">, message, send));
    });
    onClose(this, async () => {
      cut.abort();
      await onDemand?.close();
      status.clear();
    });
  }

  RED.nodes.registerType("exstream-compose", ExstreamCompose);
};
