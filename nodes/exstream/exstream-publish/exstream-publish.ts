import type { Node, NodeAPI } from "node-red";
import { createNode } from "../../runtime/create-node";
import { onClose, onInput } from "../../runtime/input";
import { StatusLine } from "../../runtime/status";
import type { Config } from "./config";
import { Publishing } from "./publishing";

/** Flow node: works on the assets of Exstream's design service: finds them, brings content, moves them to another state. */
export = function register(RED: NodeAPI): void {
  function ExstreamPublish(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const cut = new AbortController();
    const publishing = new Publishing(RED, this, config, cut.signal);
    status.show("idle", "ready");

    onInput(this, async (message, send) => {
      status.show("busy", "working", { count: 1 });
      const outcome = await status.showing(publishing.run(message));
      status.show("ok", "done");
      send(Object.assign(message, outcome));
    });
    onClose(this, async () => {
      cut.abort();
      status.clear();
    });
  }

  RED.nodes.registerType("exstream-publish", ExstreamPublish);
};
