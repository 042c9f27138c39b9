/** What on-demand compose through the node costs beside the same call made with plain axios. */
import { createRequire } from "node:module";
import { join } from "node:path";
import axios from "axios";
import type { Node, NodeMessage } from "node-red";
import documentLedger from "../../dist/connections/document-ledger/document-ledger.js";
import exstreamServer from "../../dist/connections/exstream-server/exstream-server.js";
import exstreamCompose from "../../dist/exstream/exstream-compose/exstream-compose.js";
import type { SandboxDescription } from "../../dist/sandbox/main.js";
import { connectionsTo, exampleFlow, type FlowNode } from "../support/example-flow.ts";
import { compare } from "./compare.ts";

const helper = createRequire(import.meta.url)("node-red-node-test-helper") as {
  init(path: string): void;
  startServer(): Promise<void>;
  stopServer(): Promise<void>;
  settings(values: object): void;
  load(modules: unknown[], flow: FlowNode[], credentials: object): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): Node;
};

/**
 * Through the node a call ends when the document is synced to disk, entered in the ledger and sent into the flow; with axios
 * when its bytes are in memory. The sandbox composes in about a millisecond, which leaves the syncing to be seen; a real
 * composition takes longer, as in the second figure.
 */
export async function benchCompose(dir: string, sandbox: SandboxDescription): Promise<void> {
  await composeOf({ size: 50_000, slowMs: 0, count: 20 }, join(dir, "now"), sandbox);
  await composeOf({ size: 50_000, slowMs: 100, count: 8 }, join(dir, "slow"), sandbox);
  await composeOf({ size: 1_000_000, slowMs: 100, count: 8 }, join(dir, "large"), sandbox);
}

interface Calls {
  /** Bytes. */
  size: number;
  /** Milliseconds the composition takes longer. */
  slowMs: number;
  /** One after the other. */
  count: number;
}

async function composeOf({ size, slowMs, count }: Calls, dir: string, sandbox: SandboxDescription): Promise<void> {
  const { baseUrl, domain, communicationId, driverDataSource } = sandbox.exstream;
  const data = { job: { variants: ["pdf"], size, slowMs }, customers: [{ number: "1", name: "A", account: "A-1", period: "2026-01" }] };
  const { tokenUrl, clientId, clientSecret } = sandbox.otds;
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret });
  const token = (await axios.post(tokenUrl, form)).data.access_token as string;
  const headers = { Authorization: `Bearer ${token}`, communicationId, driverDataSource, Accept: "application/pdf" };
  const url = `${baseUrl}/orchestration/api/v1/inputs/ondemand/${domain}/generate`;
  const plain = async () => {
    const reply = await axios.post(url, data, { headers, responseType: "arraybuffer" });
    if (reply.data.length !== size) throw new Error("the bytes are not those asked for");
  };

  helper.settings({ userDir: dir, uiPort: 0 });
  await helper.startServer();
  const compose = { operation: "ondemand", compose: "generate", communicationId, driverDataSource, accept: "application/pdf" };
  const connection = connectionsTo(sandbox).exstream;
  const example = exampleFlow();
  const base = (type: string) => example.find((each) => each.type === type) as FlowNode;
  const flow = [
    { id: "tab", type: "tab" },
    { ...base("document-ledger"), id: "ledger", directory: join(dir, "ledger") },
    { ...base("exstream-server"), id: "exstream", ...connection.fields },
    {
      ...base("exstream-compose"),
      ...compose,
      id: "compose",
      z: "tab",
      server: "exstream",
      ledger: "ledger",
      doneWhen: "emitted",
      wires: [["out"]],
    },
    { id: "out", type: "helper", z: "tab", wires: [] },
  ];
  await helper.load([documentLedger, exstreamServer, exstreamCompose], flow as FlowNode[], { exstream: connection.credentials });
  const waiting: (() => void)[] = [];
  helper.getNode("out").on("input", (_message, _send, done) => {
    waiting.shift()?.();
    done();
  });
  const throughNode = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      helper.getNode("compose").receive({ payload: data } as unknown as NodeMessage);
    });
  const times = (each: () => Promise<void>) => async () => {
    for (let done = 0; done < count; done += 1) await each();
  };
  await compare(`compose of ${size / 1000} kB in ${slowMs} ms`, [
    { name: "exstream-compose", run: times(throughNode) },
    { name: "axios", run: times(plain) },
  ]);
  await helper.unload();
  await helper.stopServer();
}
