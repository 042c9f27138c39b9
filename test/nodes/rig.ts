/** What the node tests run on: a sandbox in this process, and real flows with the built nodes in the test helper's runtime. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import linkNodes from "@node-red/nodes/core/common/60-link.js";
import type { Node, NodeAPI, NodeMessage, NodeStatus } from "node-red";
import helper from "node-red-node-test-helper";
import cssTenant from "../../dist/connections/css-tenant/css-tenant.js";
import documentLedger from "../../dist/connections/document-ledger/document-ledger.js";
import documentumRepository from "../../dist/connections/documentum-repository/documentum-repository.js";
import exstreamServer from "../../dist/connections/exstream-server/exstream-server.js";
import routeTable from "../../dist/connections/route-table/route-table.js";
import type { DocbridgeDocument } from "../../dist/core/document.js";
import type { DocumentRecord, Ledger } from "../../dist/core/ledger/ledger.js";
import cssLifecycle from "../../dist/css/css-lifecycle/css-lifecycle.js";
import cssStore from "../../dist/css/css-store/css-store.js";
import assetFetch from "../../dist/document/asset-fetch/asset-fetch.js";
import documentRouter from "../../dist/document/document-router/document-router.js";
import documentVariants from "../../dist/document/document-variants/document-variants.js";
import metadataMapper from "../../dist/document/metadata-mapper/metadata-mapper.js";
import documentumArchive from "../../dist/documentum/documentum-archive/documentum-archive.js";
import documentumFind from "../../dist/documentum/documentum-find/documentum-find.js";
import exstreamCompose from "../../dist/exstream/exstream-compose/exstream-compose.js";
import exstreamPublish from "../../dist/exstream/exstream-publish/exstream-publish.js";
import exstreamTrigger from "../../dist/exstream/exstream-trigger/exstream-trigger.js";
import type { LedgerNode } from "../../dist/runtime/ledger-service.js";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { type Credentials, changed, type FlowNode, node, surroundings } from "./flows.ts";
import { hashOfFile } from "./stored.ts";
import { until } from "./values.ts";

/** A message as the tests see it at the end of a wire. */
export interface SeenMessage extends NodeMessage {
  document?: DocbridgeDocument;
  error?: { message: string; code?: string; source: { id: string } };
}

const modules = [
  linkNodes,
  documentLedger,
  exstreamServer,
  documentumRepository,
  cssTenant,
  routeTable,
  exstreamTrigger,
  exstreamCompose,
  exstreamPublish,
  metadataMapper,
  documentRouter,
  documentVariants,
  assetFetch,
  documentumArchive,
  documentumFind,
  cssStore,
  cssLifecycle,
];

const catalogue: Record<string, string> = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../dist/connections/document-ledger/locales/en-US/document-ledger.json"), "utf8"),
).status;

/** A document as `msg.document` carries it. Throws when the message has none. */
export function documentOf(message: SeenMessage | undefined): DocbridgeDocument {
  if (!message?.document) throw new Error("the message carries no document");
  return message.document;
}

/** A rig for the tests of the suite that calls this; after each of them its flow is unloaded. */
export function rigOfSuite(): Rig {
  const rig = new Rig();
  before(() => rig.start());
  after(() => rig.stop());
  afterEach(async () => {
    await rig.unload();
    rig.unknownStatuses.should.eql([]);
  });
  return rig;
}

/** One sandbox and one runtime of the test helper. Every flow gets a ledger of its own. */
export class Rig {
  dir = "";
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

  async start(): Promise<void> {
    this.dir = mkdtempSync(join(tmpdir(), "docbridge-nodes-"));
    this.sandbox = await startSandbox({ port: 0, dataDir: this.dataDir });
    await helper.startServer();
    helper.settings({ userDir: this.dir, uiPort: 0 });
    await once(this.web.listen(0, "127.0.0.1"), "listening");
    this.url = `http://127.0.0.1:${(this.web.address() as AddressInfo).port}`;
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
