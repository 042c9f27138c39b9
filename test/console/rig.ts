/** A real Node-RED with a ledger and documents in several states, and the console's API as a page asks it. */
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { DocumentDetail, DocumentPage } from "../../dist/core/ledger/console.js";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import { deliver } from "../nodes/deliveries.ts";
import { type FlowNode, node } from "../nodes/flows.ts";
import { until } from "../nodes/values.ts";
import { flowsOnDisk, type NodeRed, type NodeRedOptions, startNodeRed } from "../support/node-red.ts";

export interface Reply {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of an answer is what it tests
  json: any;
}

export interface Asking {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON with the headers a page of ours sends. */
  body?: unknown;
}

export const LEDGER = "ledger";
export const TABLE = "routes";

/**
 * `/closed` takes documents that are closed at once. Documents of `/quarantined` meet an archive that is not there and
 * have one attempt; those of `/held` do so too once nobody holds `archive`.
 */
export function consoleFlow(ledger: Record<string, unknown> = {}): FlowNode[] {
  const trigger = (path: string, values: Record<string, unknown>) =>
    node("exstream-trigger", path, { ledger: LEDGER, server: "", path: `/${path}`, secretMode: "none", wires: [[]], ...values });
  return [
    { id: "tab", type: "tab", label: "Test" },
    node("document-ledger", LEDGER, { name: "Main", directory: "", maxAttempts: "1", backoffSeconds: "0.05", metrics: true, ...ledger }),
    node("documentum-repository", "nowhere", { sandbox: false, auth: "basic", contextUrl: "http://127.0.0.1:1", repository: "none" }),
    trigger("closed", { doneWhen: "emitted", destinations: "" }),
    trigger("quarantined", { destinations: "archive", wires: [["archive"]] }),
    trigger("held", { destinations: "later", wires: [["later"]] }),
    node("documentum-archive", "archive", { repository: "nowhere", ledger: "", destination: "archive", folderPath: "/A" }),
    node("documentum-archive", "later", { repository: "nowhere", ledger: "", destination: "later", folderPath: "/A" }),
  ];
}

/** Documents of `/routed` go by a route table to the archive that is not there, or only past. */
export function routerFlow(): FlowNode[] {
  const destinations = [
    { name: "archive", label: "Archive", targets: "archive", way: "output" },
    { name: "notify", label: "Notify only", targets: "", way: "output" },
  ];
  return [
    node("route-table", "table", { ledger: LEDGER, table: TABLE, name: "Where to" }),
    node("exstream-trigger", "routed", {
      ledger: LEDGER,
      server: "",
      path: "/routed",
      secretMode: "none",
      doneWhen: "route",
      destinations: "",
      wires: [["router"]],
    }),
    node("document-router", "router", { table: "table", destinations, links: [], outputs: 2, wires: [["archive"], []] }),
  ];
}

export class ConsoleRig {
  nodeRed!: NodeRed;
  private readonly options: () => NodeRedOptions;

  /** For the suite that calls this. */
  constructor(options: () => NodeRedOptions) {
    this.options = options;
    before(async () => {
      this.nodeRed = await startNodeRed({ credentials: { nowhere: { user: "u", password: "p" } }, ...this.options() });
    });
    after(() => this.nodeRed.dispose());
  }

  /** Asks below the admin root, with exactly these headers: a browser's own are for the test to send. */
  async ask(path: string, { method = "GET", headers = {}, body }: Asking = {}): Promise<Reply> {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const ours: Record<string, string> = content === undefined ? {} : { "Content-Type": "application/json", "X-Docbridge": "console" };
    return this.send(path, method, { ...ours, ...headers }, content);
  }

  async send(path: string, method: string, headers: Record<string, string>, content?: string | Buffer): Promise<Reply> {
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""));
    return new Promise((resolve, reject) => {
      const length = content === undefined ? {} : { "Content-Length": String(Buffer.byteLength(content)) };
      const request = httpRequest(`${this.nodeRed.adminUrl}/docbridge${path}`, { method, headers: { ...length, ...given } });
      request.on("error", reject);
      request.on("response", (response) => {
        buffer(response).then((bytes) => {
          const text = bytes.toString("utf8");
          const isJson = String(response.headers["content-type"]).includes("json");
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers as Record<string, string>,
            bytes,
            text,
            json: isJson ? JSON.parse(text) : undefined,
          });
        }, reject);
      });
      request.end(content);
    });
  }

  /** The ledger as another worker has it; to be closed. */
  otherWorker(): Promise<SqliteLedger> {
    const policy = { maxAttempts: 1, backoffMs: 0, backoffMaxMs: 0 };
    return SqliteLedger.open({ dir: join(this.nodeRed.userDir, "docbridge"), policy, leaseMs: 60_000 });
  }

  /** Asks about the ledger. */
  api(path: string, asking?: Asking): Promise<Reply> {
    return this.ask(`/api/ledgers/${LEDGER}${path}`, asking);
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return this.api(path, { method: "POST", body, headers });
  }

  /** Delivers a document to a trigger and gives its id. */
  async deliver(path: string, headers: Record<string, string>, bytes: Buffer<ArrayBuffer> | string): Promise<string> {
    const { status, body } = await deliver(`${this.nodeRed.url}/${path}`, headers, bytes);
    if (status !== 201) throw new Error(`the trigger answered ${status}: ${JSON.stringify(body)}`);
    return String(body.documentId);
  }

  /** Waits until a document is in a state. */
  async inState(id: string, state: string, headers: Record<string, string> = {}): Promise<DocumentDetail> {
    return until(`${id} ${state}`, async () => {
      const { json } = await this.api(`/documents/${id}`, { headers });
      return json?.document?.state === state ? (json as DocumentDetail) : undefined;
    });
  }

  /** Deploys the flows again, changed; resolves when they are started. */
  async deploy(change: (flow: Record<string, unknown>[]) => Record<string, unknown>[] = (flow) => flow): Promise<void> {
    const { adminUrl, userDir, logs } = this.nodeRed;
    const starts = () => logs.filter((line) => line.includes("Started flows")).length;
    const before = starts();
    const reply = await fetch(`${adminUrl}/flows`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Node-RED-Deployment-Type": "full" },
      body: JSON.stringify(change(flowsOnDisk(userDir))),
    });
    if (reply.status !== 204) throw new Error(`the deploy answered ${reply.status}: ${await reply.text()}`);
    await until("the flows are started", () => starts() > before);
  }

  async documents(query = ""): Promise<DocumentPage> {
    return (await this.api(`/documents?${query}`)).json;
  }
}

/** Events of a `text/event-stream`, as they come; comments too, as `{ comment }`. */
export async function* eventsOf(url: string, headers: Record<string, string>, signal: AbortSignal) {
  const reply = await fetch(url, { headers, signal });
  if (reply.status !== 200 || !reply.body) throw new Error(`the stream answered ${reply.status}`);
  let pending = "";
  for await (const chunk of reply.body.pipeThrough(new TextDecoderStream())) {
    const events = (pending + chunk).split("\n\n");
    pending = events.pop() as string;
    for (const event of events) {
      const fields = Object.fromEntries(event.split("\n").map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
      yield { event: fields.event, data: fields.data === undefined ? undefined : JSON.parse(fields.data), comment: fields[""] };
    }
  }
}
