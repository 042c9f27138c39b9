/**
 * What the node tests share: a sandbox in this process, real flows with the built nodes in the test helper's runtime, and
 * readers of the sandbox's own files, so that a test never takes the product's word for what a target holds.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Node, NodeAPI, NodeMessage, NodeStatus } from "node-red";
import helper from "node-red-node-test-helper";
import cssTenant from "../../dist/connections/css-tenant/css-tenant.js";
import documentLedger from "../../dist/connections/document-ledger/document-ledger.js";
import documentumRepository from "../../dist/connections/documentum-repository/documentum-repository.js";
import exstreamServer from "../../dist/connections/exstream-server/exstream-server.js";
import type { DocbridgeDocument } from "../../dist/core/document.js";
import type { DocumentRecord, Ledger } from "../../dist/core/ledger/ledger.js";
import cssStore from "../../dist/css/css-store/css-store.js";
import assetFetch from "../../dist/document/asset-fetch/asset-fetch.js";
import metadataMapper from "../../dist/document/metadata-mapper/metadata-mapper.js";
import documentumArchive from "../../dist/documentum/documentum-archive/documentum-archive.js";
import exstreamCompose from "../../dist/exstream/exstream-compose/exstream-compose.js";
import exstreamTrigger from "../../dist/exstream/exstream-trigger/exstream-trigger.js";
import type { LedgerNode } from "../../dist/runtime/ledger-service.js";
import { type RunningSandbox, type SandboxDescription, startSandbox } from "../../dist/sandbox/main.js";
import { exampleFlow, type FlowNode } from "../../scripts/support/example-flow.ts";

export type { FlowNode };
export type Credentials = Record<string, Record<string, string>>;
type Fields = Record<string, unknown>;

/** A message as the tests see it at the end of a wire. */
export interface SeenMessage extends NodeMessage {
  document?: DocbridgeDocument;
  error?: { message: string; code?: string; source: { id: string } };
}

const modules = [
  documentLedger,
  exstreamServer,
  documentumRepository,
  cssTenant,
  exstreamTrigger,
  exstreamCompose,
  metadataMapper,
  assetFetch,
  documentumArchive,
  cssStore,
];

const catalogue: Record<string, string> = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../dist/connections/document-ledger/locales/en-US/document-ledger.json"), "utf8"),
).status;

export const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");
export const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");
export const someBytes = (size = 2_000) => randomBytes(size);

/** Waits until the probe gives something true, and gives it. Throws after the limit, saying what did not come. */
export async function until<T>(what: string, probe: () => T | Promise<T>, limitMs = 20_000): Promise<NonNullable<T>> {
  for (const end = Date.now() + limitMs; ; await sleep(20)) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`this did not come true within ${limitMs} ms: ${what}`);
  }
}

/** A document as `msg.document` carries it. Throws when the message has none. */
export function documentOf(message: SeenMessage | undefined): DocbridgeDocument {
  if (!message?.document) throw new Error("the message carries no document");
  return message.document;
}

// Flows

/** Without a place in the editor a node counts as a config node. */
const PLACE = { z: "tab", x: 0, y: 0, wires: [[]] };
const example = exampleFlow();

/** A node with the values of the example's node of that type, other values put in. */
export function node(type: string, id: string, values: Fields = {}): FlowNode {
  const known = example.find((each) => each.type === type);
  return { ...known, id, type, ...(known && !known.wires ? {} : PLACE), ...values };
}

/** A row of a metadata-mapper as its dialog stores it. */
export function row(attribute: string, sourceKind: string, source: string, values: Fields = {}): Fields {
  return { attribute, sourceKind, source, ifEmpty: "quarantine", fallback: "", dateFormat: "", decimal: "", ...values };
}

/** Tab, connections to a sandbox in another process or thread, a ledger that tries again quickly, and a Catch node. */
export function surroundings(sandbox: SandboxDescription): { nodes: FlowNode[]; credentials: Credentials } {
  const { otds, exstream, documentum, css, cms } = sandbox;
  const oauth2 = { sandbox: false, auth: "oauth2", tokenUrl: otds.tokenUrl, grant: "client_credentials" };
  const client = { clientId: otds.clientId, clientSecret: otds.clientSecret };
  return {
    nodes: [
      { id: "tab", type: "tab", label: "Test" },
      node("document-ledger", "ledger", { backoffSeconds: "0.05", backoffMaxSeconds: "0.2" }),
      node("exstream-server", "exstream", { ...oauth2, baseUrl: exstream.baseUrl, domain: exstream.domain }),
      node("documentum-repository", "documentum", {
        sandbox: false,
        auth: "basic",
        contextUrl: documentum.contextUrl,
        repository: documentum.repository,
      }),
      node("css-tenant", "css", { ...oauth2, cssUrl: css.baseUrl, cmsUrl: cms.baseUrl, tenant: css.tenant, ratePerSecond: "" }),
    ],
    credentials: { exstream: client, css: client, documentum: { user: documentum.user, password: documentum.password } },
  };
}

/** Puts other values into nodes of a flow, by id. */
export function changed(flow: FlowNode[], values: Record<string, Fields>): FlowNode[] {
  return flow.map((each) => ({ ...each, ...values[each.id] }));
}

// Deliveries

export interface Answer {
  status: number;
  body: Fields;
  headers: Headers;
}

/** Delivers to a trigger; its answer must be JSON. */
export async function deliver(url: string, headers: Record<string, string>, body: BodyInit): Promise<Answer> {
  const reply = await fetch(url, { method: "POST", headers, body });
  return { status: reply.status, body: (await reply.json()) as Fields, headers: reply.headers };
}

/** Where a statement in PDF comes from, as the raw form says it. */
export const PDF_HEADERS: Record<string, string> = {
  "Content-Type": "application/pdf",
  "X-Exstream-Job-Id": "job-1",
  "X-Exstream-Queue-Name": "PDF_OUT",
  "X-Exstream-Customer-Number": "4711",
  "X-Exstream-File-Name": "statement.pdf",
};

export function partsOf(parts: [name: string, file: File][]): FormData {
  const form = new FormData();
  for (const [name, file] of parts) form.append(name, file);
  return form;
}

/** A trigger that takes deliveries at `/in` from anybody, and is done with a document once it has emitted it to `out`. */
export function httpTrigger(values: Fields = {}): FlowNode {
  const plain = { ledger: "ledger", server: "", path: "/in", secretMode: "none", doneWhen: "emitted", destinations: "", wires: [["out"]] };
  return node("exstream-trigger", "trigger", { ...plain, ...values });
}

/** One document of the envelope form. */
export function envelopeOf(bytes: Buffer, context: Fields): Fields {
  return {
    content: bytes.toString("base64"),
    mimeType: "application/pdf",
    engineOutputContext: context,
    metadata: { accountNumber: "0815" },
  };
}

// The runtime

/** One sandbox and one runtime of the test helper. Every flow gets a ledger of its own. */
export class Rig {
  readonly dir = mkdtempSync(join(tmpdir(), "docbridge-nodes-"));
  sandbox!: RunningSandbox;
  /** Where the routes of the loaded flow are, without a slash at the end. */
  url = "";
  /** Every status of every node since the flow was loaded, oldest first. */
  readonly statuses: { id: string; status: NodeStatus }[] = [];
  /** Keys of statuses that the catalogue lacks; must stay empty. */
  readonly unknownStatuses: string[] = [];
  private RED: NodeAPI | undefined;
  private flow: FlowNode[] = [];
  private credentials: Credentials = {};
  private readonly arrived = new Map<string, SeenMessage[]>();
  private listeners: [string, unknown[]][] = [];
  private loads = 0;
  // The test helper's own server does not serve the routes of nodes. The editor is away, as with `httpAdminRoot: "/red"`.
  private readonly web: Server = createServer((request, response) => (this.red.httpNode as unknown as RequestListener)(request, response));
  private readonly onStatus = (event: { id: string; status: NodeStatus }) => void this.statuses.push(event);

  static async start(): Promise<Rig> {
    const rig = new Rig();
    rig.sandbox = await startSandbox({ port: 0, dataDir: join(rig.dir, "sandbox") });
    await helper.startServer();
    helper.settings({ userDir: rig.dir, uiPort: 0 });
    await once(rig.web.listen(0, "127.0.0.1"), "listening");
    rig.url = `http://127.0.0.1:${(rig.web.address() as AddressInfo).port}`;
    return rig;
  }

  async stop(): Promise<void> {
    await helper.stopServer();
    this.web.close();
    this.web.closeAllConnections();
    await this.sandbox.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /**
   * Starts the nodes with the surroundings around them. Messages are collected at every node of type `helper`; `out` and
   * `caught` (behind a Catch node) are always there. `others` changes nodes of the surroundings, by id.
   */
  async load(nodes: FlowNode[], others: Record<string, Fields> = {}, credentials: Credentials = {}): Promise<void> {
    const around = surroundings(this.sandbox.description);
    this.loads += 1;
    const flow = [
      ...around.nodes,
      node("catch", "catch", { wires: [["caught"]] }),
      node("helper", "out"),
      node("helper", "caught"),
      ...nodes,
    ];
    this.flow = changed(changed(flow, { ledger: { directory: this.ledgerDir } }), others);
    this.credentials = { ...around.credentials, ...credentials };
    this.sandbox.app.faults.set([]);
    this.statuses.length = 0;
    await helper.load([(RED) => this.enter(RED), ...modules], this.flow, this.credentials);
    this.collect();
  }

  /** Deploys the flow again, with other values and credentials where given; a full deploy makes every node anew. */
  async redeploy(values: Record<string, Fields> = {}, credentials: Credentials = {}, type: "full" | "nodes" = "full"): Promise<void> {
    this.flow = changed(this.flow, values);
    this.credentials = { ...this.credentials, ...credentials };
    const started = once(this.red.events, "flows:started");
    // The helper gives the start 0.3 s; the event is what counts.
    await helper.setFlows(this.flow, type, this.credentials).catch((error: Error) => {
      if (error.message !== "timeout waiting event") throw error;
    });
    await started;
    this.collect();
  }

  async unload(): Promise<void> {
    if (!this.RED) return;
    await helper.unload();
    this.red.events.removeListener("node-status", this.onStatus);
    // The package is loaded once in a Node-RED, and here once a test.
    for (const [event, known] of this.listeners) {
      for (const listener of this.red.events.listeners(event)) {
        if (!known.includes(listener)) this.red.events.removeListener(event, listener as () => void);
      }
    }
  }

  get red(): NodeAPI {
    if (!this.RED) throw new Error("no flow is loaded");
    return this.RED;
  }

  node(id: string): Node {
    return helper.getNode(id);
  }

  send(id: string, message: Record<string, unknown>): void {
    this.node(id).receive(message as NodeMessage);
  }

  messages(id = "out"): SeenMessage[] {
    return this.arrived.get(id) ?? [];
  }

  /** Waits for so many messages at a helper node. */
  async received(count = 1, id = "out"): Promise<SeenMessage[]> {
    await until(
      `${count} messages at ${id}; last statuses: ${JSON.stringify(this.statuses.slice(-5))}`,
      () => this.messages(id).length >= count,
    );
    return this.messages(id);
  }

  async caught(): Promise<SeenMessage> {
    return (await this.received(1, "caught"))[0] as SeenMessage;
  }

  /** Waits until a node has shown a status with this text. */
  async shown(id: string, text: string): Promise<void> {
    await until(`status "${text}" of ${id}, which showed ${JSON.stringify(this.statuses)}`, () =>
      this.statuses.some((each) => each.id === id && each.status.text === text),
    );
  }

  /** What nodes wrote into the log as errors. */
  errors(): string[] {
    return helper
      .log()
      .args.map(([entry]) => entry)
      .filter(({ level }) => level === this.red.log.ERROR)
      .map(({ msg }) => String(msg));
  }

  async ledger(id = "ledger"): Promise<Ledger> {
    return (await (this.node(id) as LedgerNode).stores()).ledger;
  }

  /** Waits until the ledger has a document in a state. */
  async inState(id: string, state: DocumentRecord["state"]): Promise<DocumentRecord> {
    const ledger = await this.ledger();
    return until(`document ${id} ${state}`, async () => {
      const record = await ledger.get(id);
      return record?.state === state ? record : undefined;
    });
  }

  get dataDir(): string {
    return join(this.dir, "sandbox");
  }

  /** The ledger's folder of the loaded flow. */
  get ledgerDir(): string {
    return join(this.dir, `ledger-${this.loads}`);
  }

  /** What the spool's file of a hash really hashes to; `missing` when there is none. */
  inSpool(hash: string): string {
    return hashOfFile(join(this.ledgerDir, "spool", hash.slice(0, 2), hash));
  }

  private enter(RED: NodeAPI): void {
    this.RED = RED;
    this.listeners = ["flows:started", "flows:stopping"].map((event) => [event, RED.events.listeners(event)]);
    this.arrived.clear();
    // The helper's own translator gives back the key; a status must be in the catalogue.
    (RED as { _: unknown })._ = (key: string, values: Record<string, unknown> = {}) => {
      const name = /^@docbridge\/node-red-opentext\/document-ledger:status\.(\w+)$/.exec(key)?.[1];
      const text = name === undefined ? undefined : catalogue[name];
      if (text === undefined && name !== undefined) this.unknownStatuses.push(key);
      return text?.replace(/__(\w+)__/g, (_all, value: string) => String(values[value])) ?? key;
    };
    RED.events.on("node-status", this.onStatus);
  }

  private collect(): void {
    for (const { id, type } of this.flow) {
      if (type !== "helper") continue;
      const messages = this.arrived.get(id) ?? [];
      this.arrived.set(id, messages);
      this.node(id).on("input", (message, _send, done) => {
        messages.push(message as SeenMessage);
        done();
      });
    }
  }
}

// What the sandbox has on disk

/** The live records of one kind of a sandbox's service. */
export function records(dataDir: string, service: string, kind: string): Map<string, Fields> {
  const live = new Map<string, Fields>();
  const path = join(dataDir, `${service}.jsonl`);
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  // The last piece is empty, or a line that is being written.
  for (const line of lines.slice(0, -1)) {
    const change = JSON.parse(line);
    if (change.kind !== kind) continue;
    if (change.op === "put") live.set(change.id, change.value);
    else live.delete(change.id);
  }
  return live;
}

/** Of a file's bytes; `missing` when it is not there. */
export const hashOfFile = (path: string): string => (existsSync(path) ? sha256(readFileSync(path)) : "missing");

export interface StoredObject {
  id: string;
  values: Fields;
  /** Of the bytes on the sandbox's disk. */
  sha256: string;
}

/** The objects of a Documentum type, with what their bytes hash to. */
export function documentumObjects(dataDir: string, type = "demo_statement"): StoredObject[] {
  return [...records(dataDir, "documentum", "objects")]
    .filter(([, record]) => record.type === type)
    .map(([id, { values, contents }]) => ({
      id,
      values: values as Fields,
      sha256: hashOfFile(join(dataDir, "documentum", (contents as { id: string }[] | undefined)?.[0]?.id ?? "none")),
    }));
}

export interface StoredInstance extends StoredObject {
  traits: Record<string, Record<string, Fields>>;
  content: Fields;
}

/** The instances of a CMS type, with what the bytes they point to hash to in CSS. */
export function cmsInstances(dataDir: string, type = "def_statement"): StoredInstance[] {
  const contents = [...records(dataDir, "cms", "content").values()];
  return [...records(dataDir, "cms", "instance")]
    .filter(([, instance]) => instance.type === type)
    .map(([id, instance]) => {
      const content = contents.find((each) => each.owner_id === id) ?? {};
      return {
        id,
        values: instance.properties as Fields,
        traits: instance.traits as StoredInstance["traits"],
        content,
        sha256: hashOfFile(join(dataDir, "css", String(content.blob))),
      };
    });
}

/** Ids of all blobs in CSS. */
export function cssBlobs(dataDir: string): string[] {
  return [...records(dataDir, "css", "content").keys()];
}
