import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { DocbridgeError } from "../../core/errors";
import type { DocumentumRepositoryNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { Gate } from "../../runtime/gate";
import { onClose, onInput, type Send } from "../../runtime/input";
import { configNode, number } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import { Emitter } from "./emitter";
import { type QueryRow, statementFor } from "./query";

export interface Config extends NodeDef {
  repository: string;
  queryBy: "built" | "dql";
  objectType: string;
  match: "all" | "any";
  conditions: QueryRow[];
  /** Mustache template over the message: path or id; empty: everywhere. */
  folder: string;
  descend: boolean;
  versions: "current" | "all";
  /** Further attributes, separated by commas. */
  attributes: string;
  order: string;
  /** Typed input. */
  dql: string;
  dqlType: string;
  binds: QueryRow[];
  /** Empty: no limit. */
  limit: string;
  emit: "documents" | "rows" | "list";
  pageSize: string;
  pace: "free" | "tick";
}

/** A message that steers a running query instead of starting one. */
interface Steering extends NodeMessage {
  tick?: unknown;
  stop?: unknown;
}

/** A list in one message is held in memory as a whole, so it always has a limit. */
const LONGEST_LIST = 10_000;

/** Flow node: sends what a query finds in a Documentum repository into the flow, page by page. */
export = function register(RED: NodeAPI): void {
  function DocumentumFind(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const one = new Gate(1);
    const closing = new AbortController();
    let running: Emitter | undefined;
    status.show("idle", "ready");

    const repository = () => configNode<DocumentumRepositoryNode>(RED, config.repository, "repository");

    const run = async (message: NodeMessage, send: Send): Promise<void> => {
      closing.signal.throwIfAborted();
      const connection = repository();
      const statement = await statementFor(RED, this, config, connection, message);
      const limit = number(config.limit, "limit", Number.POSITIVE_INFINITY);
      const emitter = new Emitter(RED, message, send, {
        emit: config.emit,
        limit: config.emit === "list" ? Math.min(limit, LONGEST_LIST) : limit,
        ticks: config.pace === "tick",
        open: async (object) => (await (await repository().client()).openContent(object)).stream,
        signal: closing.signal,
      });
      running = emitter;
      try {
        const pages = (await connection.client()).pages(statement, {
          itemsPerPage: number(config.pageSize, "pageSize", 100),
          signal: emitter.signal,
        });
        const count = await emitter.take(pages, (found) => status.show("busy", "working", { count: found }));
        status.show("ok", "found", { count });
      } finally {
        running = undefined;
      }
    };

    onInput(this, async (message, send) => {
      const { tick, stop } = message as Steering;
      if (stop) running?.stop();
      else if (tick) running?.tick();
      else await status.showing(one.run(() => repository().lend(run(message, send))).catch(stopped));
    });
    onClose(this, async () => {
      closing.abort();
      status.clear();
    });

    /** A query that a redeploy ends is no failure of the flow. */
    const stopped = (thrown: unknown): void => {
      if (closing.signal.aborted && (thrown instanceof DocbridgeError ? thrown.code === "aborted" : true)) return;
      throw thrown;
    };
  }

  RED.nodes.registerType("documentum-find", DocumentumFind);
};
