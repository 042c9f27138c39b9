import type { Node, NodeAPI, NodeMessage } from "node-red";
import { DocbridgeError } from "../../core/errors";
import type { ExstreamServerNode } from "../../runtime/connections";
import { inBackground, onClose, onInput, type Send } from "../../runtime/input";
import { configNode, text, typedValue } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import type { Config } from "./config";
import { type DriverData, driverData, renderedDriverData } from "./driver-data";
import { type Ask, OnDemand } from "./on-demand";

/** Flow node: lets Exstream compose, as a batch job whose output comes in at an Exstream trigger, or on demand. */
export = function register(RED: NodeAPI): void {
  function ExstreamCompose(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const { operation = "batch" } = config;
    const status = new StatusLine(RED, this);
    const service = text(RED, this, config.service);
    const cut = new AbortController();
    status.show("idle", "ready");

    const client = () => configNode<ExstreamServerNode>(RED, config.server, "server").client();

    const textOf = async (value: string | undefined, type: string | undefined, message: NodeMessage): Promise<string | undefined> => {
      const found = value ? await typedValue(RED, this, value, type ?? "str", message) : undefined;
      return found === undefined || found === null || found === "" ? undefined : String(found);
    };

    const dataOf = async (message: NodeMessage): Promise<DriverData> =>
      config.dataFrom === "template"
        ? renderedDriverData(config.template ?? "", message)
        : driverData(await typedValue(RED, this, config.data, config.dataType, message));

    const required = (value: string | undefined, field: string): string => {
      if (value) return value;
      throw new DocbridgeError("invalid-message", { message: `The field '${field}' gives no text for this message.`, subject: field });
    };

    const submit = async (message: NodeMessage) => {
      const { body, contentType } = await dataOf(message);
      const externalId = await textOf(config.externalId, config.externalIdType, message);
      return (await client()).submitBatch(service, body, { contentType, externalId, signal: cut.signal });
    };

    const batch = async (message: NodeMessage, send: Send) => {
      status.show("busy", "working", { count: 1 });
      const { jobId, flowInstanceId } = await submit(message);
      status.show("ok", "submitted");
      send(Object.assign(message, { payload: { jobId, flowInstanceId } }));
    };

    const generate: Ask = async (message) => {
      const externalId = await textOf(config.externalId, config.externalIdType, message);
      const headers = config.compose === "service" ? { service } : await communicationOf(message);
      const request = { ...(await dataOf(message)), ...headers, externalId };
      const accept = text(RED, this, config.accept) || undefined;
      const reply = await (await client()).generate({ ...request, accept, signal: cut.signal });
      const { communicationId } = headers as { communicationId?: string };
      return { reply, source: { ...(communicationId ? { communicationId } : {}), ...(externalId ? { externalId } : {}) } };
    };

    const communicationOf = async (message: NodeMessage) => ({
      communicationId: required(await textOf(config.communicationId, config.communicationIdType, message), "communicationId"),
      driverDataSource: required(await textOf(config.driverDataSource, config.driverDataSourceType, message), "driverDataSource"),
      empowerUser: text(RED, this, config.empowerUser) || undefined,
    });

    const onDemand = operation === "ondemand" ? new OnDemand(RED, this, config, status, generate) : undefined;
    if (onDemand) inBackground(this, status.showing(onDemand.start()));

    onInput(this, (message, send) => status.showing(onDemand ? onDemand.handle(message, send) : batch(message, send)));
    onClose(this, async () => {
      cut.abort();
      await onDemand?.close();
      status.clear();
    });
  }

  RED.nodes.registerType("exstream-compose", ExstreamCompose);
};
