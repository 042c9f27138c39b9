import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { separatorBytes } from "../../core/intake/lists/separator";
import { namesOf } from "../../core/intake/names";
import { flag } from "../../runtime/settings";
import type { SandboxDescription } from "../../sandbox/main";
import type { Config } from "./config";

const RETRY_MS = 2_000;

/** Output by HTTP to the route of a trigger. */
export function httpChannel(RED: NodeAPI, path: string, secret: string | undefined): object {
  const authorization = secret ? { authorization: { type: "bearer", token: secret } } : {};
  return { kind: "http", url: ownUrl(RED, path), mode: "multipart", ...authorization };
}

/** Where the sandbox, on the same machine, reaches a route of this Node-RED. */
export function ownUrl(RED: NodeAPI, path: string): string {
  const local = `${RED.settings.httpNodeRoot || "/"}/${path}`.replaceAll(/\/+/g, "/");
  return new URL(local, `http://127.0.0.1:${RED.settings.uiPort}`).href;
}

/** Output that waits at the service gateway until it is settled. */
export function gatewayChannel(): object {
  return { kind: "gateway", assured: true };
}

type Described = Pick<Config, "describedBy" | "sidecar" | "listName" | "separator" | "header" | "columns" | "pathColumn">;

/** Output into a folder, described as the trigger wants it. */
export function folderChannel(folder: string, config: Described): object {
  const { describedBy = "sidecar" } = config;
  if (describedBy === "sidecar") return { kind: "folder", folder, sidecar: config.sidecar === "xml" ? "xml" : "json" };
  const perJob = { kind: "folder", folder, sidecar: "none", subfolder: true };
  return describedBy === "delivery" ? { ...perJob, deliveryFile: true } : { ...perJob, index: indexOf(config) };
}

/** The sandbox calls the column with the path `Path`, and the others as its metadata are called. */
const COLUMNS = ["Path", "JobId", "FlowInstanceId", "FlowStepId", "CustomerNumber", "QueueName", "AccountNumber", "Period", "FileSha256"];

function indexOf({ listName, separator, header, columns, pathColumn }: Described): object {
  const isNamed = flag(header, true);
  return {
    name: listName.replaceAll("*", "index"),
    separator: separatorBytes(separator, "separator").toString("hex"),
    header: isNamed,
    columns: isNamed ? COLUMNS : namesOf(columns).map((name) => (name.toLowerCase() === pathColumn.toLowerCase() ? "Path" : name)),
  };
}

/** A folder for what the sandbox delivers to a trigger, made where it is missing. */
export function sandboxFolder(RED: NodeAPI, node: Node): string {
  const folder = join(RED.settings.userDir ?? process.cwd(), "docbridge", "exstream-out", node.id);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Asks the built-in sandbox to deliver finished output to this trigger, as an administrator would set an output channel
 * of Exstream. Returns a function that waits until nothing is asked any more.
 */
export function deliverFromSandbox(node: Node, sandbox: Promise<SandboxDescription>, channel: object): () => Promise<void> {
  return askSandbox(node, sandbox, `channels/${encodeURIComponent(node.id)}`, { ...channel, name: node.id });
}

/** As `deliverFromSandbox`, for delivery events: all kinds of them, signed with the secret where there is one. */
export function eventsFromSandbox(
  node: Node,
  sandbox: Promise<SandboxDescription>,
  url: string,
  { secret, header }: { secret?: string; header: string },
): () => Promise<void> {
  const signed = secret ? { secret, signatureHeader: header } : {};
  return askSandbox(node, sandbox, "events", { url, ...signed, undeliverable: 0.1, bounced: 0.1, opened: 0.5 });
}

function askSandbox(node: Node, sandbox: Promise<SandboxDescription>, path: string, wish: object): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const announce = async () => {
    try {
      await put(await sandbox, path, wish);
    } catch (error) {
      node.warn(`The sandbox could not be told to deliver here: ${(error as Error).message}`);
      if (!stopped) timer = setTimeout(() => void announce(), RETRY_MS);
    }
  };
  const announced = announce();

  return async () => {
    stopped = true;
    clearTimeout(timer);
    await announced;
  };
}

/** One channel a trigger node, whichever was deployed before. */
async function put(sandbox: SandboxDescription, path: string, wish: object): Promise<void> {
  const url = `${sandbox.control.url}/exstream/${path}`;
  const reply = await fetch(url, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
  if (!reply.ok) throw new Error(`PUT of ${path.replace(/\/.*/, "")} answered ${reply.status}`);
}
