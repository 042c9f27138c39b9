/** The part of node-red-node-test-helper (which has no types of its own) that the tests of this folder use. */
declare module "node-red-node-test-helper" {
  import type { Node, NodeAPI } from "node-red";

  type Register = (RED: NodeAPI) => unknown;
  type Flow = Record<string, unknown>[];
  type Credentials = Record<string, Record<string, string>>;

  interface Helper {
    settings(values: Record<string, unknown>): unknown;
    startServer(): Promise<void>;
    stopServer(): Promise<void>;
    load(modules: Register[], flow: Flow, credentials: Credentials): Promise<void>;
    unload(): Promise<void>;
    setFlows(flow: Flow, type: "full" | "flows" | "nodes", credentials: Credentials): Promise<void>;
    getNode(id: string): Node;
    log(): { args: [{ level: number; msg: unknown }][] };
  }

  const helper: Helper;
  export default helper;
}

declare module "@node-red/nodes/core/common/60-link.js" {
  const register: (RED: import("node-red").NodeAPI) => void;
  export default register;
}
