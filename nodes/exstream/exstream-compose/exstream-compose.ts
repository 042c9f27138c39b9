import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { DocbridgeError } from "../../core/errors";
import type { ExstreamServerNode } from "../../runtime/connections";
import { onClose, onInput } from "../../runtime/input";
import { configNode, text } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";

interface Config extends NodeDef {
  server: string;
  /** Exstream's service, the last part of the input's address. */
  service: string;
  /** Where the driver data is: a typed input. */
  data: string;
  dataType: string;
  externalId: string;
  externalIdType: string;
}

/** Flow node: submits driver data as a batch job to Exstream. The finished output comes in at an Exstream trigger. */
export = function register(RED: NodeAPI): void {
  function ExstreamCompose(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const status = new StatusLine(RED, this);
    const service = text(RED, this, config.service);
    const cut = new AbortController();
    status.show("idle", "ready");

    const evaluate = (value: string, type: string, message: NodeMessage) =>
      new Promise<unknown>((resolve, reject) => {
        RED.util.evaluateNodeProperty(value, type, this, message, (error, result) => (error ? reject(error) : resolve(result)));
      });

    const submit = async (message: NodeMessage) => {
      const { body, contentType } = driverData(await evaluate(config.data, config.dataType, message));
      const externalId = config.externalId ? String((await evaluate(config.externalId, config.externalIdType, message)) ?? "") : "";
      const client = await configNode<ExstreamServerNode>(RED, config.server, "server").client();
      return client.submitBatch(service, body, { contentType, ...(externalId ? { externalId } : {}), signal: cut.signal });
    };

    onInput(this, async (message, send) => {
      status.show("busy", "working", { count: 1 });
      const { jobId, flowInstanceId } = await status.showing(submit(message));
      status.show("ok", "submitted");
      send(Object.assign(message, { payload: { jobId, flowInstanceId } }));
    });
    onClose(this, async () => {
      cut.abort();
      status.clear();
    });
  }

  RED.nodes.registerType("exstream-compose", ExstreamCompose);
};

/** Driver data as it goes over the wire: JSON of an object, or XML as text or bytes (wire/exstream.md 4.1). */
function driverData(value: unknown): { body: string | Buffer; contentType: string } {
  if (Buffer.isBuffer(value))
    return { body: value, contentType: looksLikeXml(value.toString("utf8", 0, 64)) ? "application/xml" : "application/json" };
  if (typeof value === "string" && value !== "")
    return { body: value, contentType: looksLikeXml(value) ? "application/xml" : "application/json" };
  if (typeof value === "object" && value !== null) return { body: JSON.stringify(value), contentType: "application/json" };
  throw new DocbridgeError("invalid-message", {
    message: "There is no driver data to submit. Give an object, a JSON or XML text, or a Buffer at the place the field 'data' names.",
    subject: "data",
  });
}

function looksLikeXml(text: string): boolean {
  return text.trimStart().startsWith("<");
}
