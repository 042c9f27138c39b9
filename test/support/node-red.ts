/** Starts a real Node-RED as a child process, with this package linked in as an installed module. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const root = join(import.meta.dirname, "../..");
const packageName = "@docbridge/node-red-opentext";
const startLimitMs = 60_000;

export interface NodeRedOptions {
  /** Which Node-RED: 5.0.7 (default) or 4.1.15. */
  version?: "5" | "4";
  /** Folder to use; without it a temporary one is made, and removed by `dispose`. */
  userDir?: string;
  flows?: unknown[];
  /** Credentials by node id, in clear; Node-RED encrypts them with its first deploy. */
  credentials?: Record<string, Record<string, string>>;
  /** Default "/", as in Node-RED. */
  httpAdminRoot?: string;
  /** Default: a free one. */
  port?: number;
  env?: Record<string, string>;
  /** More for settings.js. */
  settings?: Record<string, unknown>;
  /** Called with every line of output. */
  onLog?: (line: string) => void;
  /** The package to link; default is this repository (its dist must be built). */
  packageDir?: string;
}

export interface NodeRed {
  /** Where httpNode routes live, without a slash at the end. */
  url: string;
  /** Where the editor and the admin API live, without a slash at the end. */
  adminUrl: string;
  port: number;
  userDir: string;
  pid: number;
  /** Every line of stdout and stderr so far; grows. */
  logs: string[];
  /** Resolves with the exit code when the process is gone. */
  ended: Promise<number | null>;
  /** Ends the process (SIGTERM unless told otherwise) and waits; gives its exit code (null when a signal ended it). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Ends it as a power cut would: SIGKILL. */
  kill(): Promise<number | null>;
  /** Stops it and removes the folder if it was a temporary one. */
  dispose(): Promise<void>;
}

/** A TCP port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function linkPackage(userDir: string, packageDir: string): void {
  const link = join(userDir, "node_modules", packageName);
  if (existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(packageDir, link, "dir");
  const manifest = { name: "test-user-dir", private: true, dependencies: { [packageName]: "0.1.0" } };
  writeFileSync(join(userDir, "package.json"), JSON.stringify(manifest));
}

function writeSettings(userDir: string, port: number, options: NodeRedOptions): void {
  const settings = {
    uiHost: "127.0.0.1",
    uiPort: port,
    httpAdminRoot: options.httpAdminRoot ?? "/",
    flowFile: "flows.json",
    credentialSecret: "test-only",
    lang: "en-US",
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] }, projects: { enabled: false } },
    logging: { console: { level: "info", metrics: false, audit: false } },
    ...options.settings,
  };
  writeFileSync(join(userDir, "settings.js"), `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
}

function prepare(userDir: string, port: number, options: NodeRedOptions): void {
  linkPackage(userDir, options.packageDir ?? root);
  writeSettings(userDir, port, options);
  if (options.flows) writeFileSync(join(userDir, "flows.json"), JSON.stringify(options.flows));
  if (options.credentials) writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify(options.credentials));
}

/** Serving is not enough: flows are started (or wait for a missing type) a little after the first 200. */
async function untilReady(child: ChildProcess, adminUrl: string, logs: string[]): Promise<void> {
  const flowsSettled = /Started flows|missing types|Flows stopped in safe mode/;
  for (const end = Date.now() + startLimitMs; Date.now() < end; await delay(50)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`Node-RED ended while starting:\n${logs.join("\n")}`);
    if (!logs.some((line) => flowsSettled.test(line))) continue;
    const reply = await fetch(`${adminUrl}/settings`).catch(() => undefined);
    // With adminAuth it serves them to nobody yet.
    if (reply?.status === 200 || reply?.status === 401) return;
  }
  throw new Error(`Node-RED was not ready after ${startLimitMs} ms:\n${logs.join("\n")}`);
}

/** Starts Node-RED and resolves when it serves `/settings` and its flows are started. */
export async function startNodeRed(options: NodeRedOptions = {}): Promise<NodeRed> {
  const port = options.port ?? (await freePort());
  const userDir = options.userDir ?? mkdtempSync(join(tmpdir(), "docbridge-node-red-"));
  prepare(userDir, port, options);

  const script = join(root, "node_modules", options.version === "4" ? "node-red-4" : "node-red", "red.js");
  const child = spawn(join(root, "node_modules/node/bin/node"), [script, "--userDir", userDir], {
    env: { ...process.env, NODE_RED_HOME: "", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const killWithParent = () => child.kill("SIGKILL");
  process.once("exit", killWithParent);
  ended.finally(() => process.removeListener("exit", killWithParent));

  const logs: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      logs.push(line);
      options.onLog?.(line);
    });
  }

  const stop = (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    return ended;
  };
  const dispose = async () => {
    await stop("SIGKILL");
    if (!options.userDir) rmSync(userDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const adminUrl = `${url}${options.httpAdminRoot ?? ""}`.replace(/\/$/, "");
  await untilReady(child, adminUrl, logs).catch(async (error) => {
    await dispose();
    throw error;
  });
  return { url, adminUrl, port, userDir, pid: child.pid ?? 0, logs, ended, stop, kill: () => stop("SIGKILL"), dispose };
}

/** The flows as the last deploy left them on disk. */
export function flowsOnDisk(userDir: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(join(userDir, "flows.json"), "utf8"));
}
