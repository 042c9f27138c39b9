import type { Node, NodeAPI } from "node-red";
import { namesOf, renamesOf } from "../../../core/intake/names";
import { checkTemplate } from "../../../core/mapping/template";
import type { ExstreamServerNode } from "../../../runtime/connections";
import { configNode, number, text } from "../../../runtime/settings";
import type { Config } from "../config";
import type { FolderTools } from "../folder/folder-modes";
import { keepLooking } from "../intake-loop";
import { DAY_MS } from "../polling/poll";
import { JobPoll } from "./job-poll";

/** Asks a server for ended jobs again and again. Returns a function that stops. Throws `configuration`. */
export function openJobs(RED: NodeAPI, node: Node, config: Config, tools: FolderTools): () => Promise<void> {
  const server = configNode<ExstreamServerNode>(RED, config.server, "server");
  const file = text(RED, node, config.fileTemplate);
  checkTemplate(file, "file of an entry");
  const poll = new JobPoll({
    node,
    client: () => server.client(),
    ...tools,
    settings: {
      services: namesOf(text(RED, node, config.services)),
      sinceMs: number(config.sinceDays, "sinceDays", 1) * DAY_MS,
      deadlineMs: number(config.deadlineMinutes, "deadlineMinutes", 240) * 60_000,
      file,
      names: renamesOf(text(RED, node, config.keyNames)),
      fetchBy: config.fetchBy,
      errorReport: text(RED, node, config.errorReport),
      reportColumns: renamesOf(text(RED, node, config.reportColumns)),
    },
  });
  const pollMs = Math.max(0.1, number(config.jobPollSeconds, "jobPollSeconds", 30)) * 1000;
  return keepLooking(node, tools.ledgerNode, poll, { what: "The jobs of Exstream", idle: "polling", pollMs }, tools.status);
}
