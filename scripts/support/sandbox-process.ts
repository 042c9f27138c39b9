/** The sandbox in a process of its own, as `npm run sandbox` starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { SandboxDescription } from "../../dist/sandbox/main.js";

const CLI = join(import.meta.dirname, "../../dist/sandbox/cli.js");

export interface SandboxProcess {
  description: SandboxDescription;
  pid: number;
  stop(): Promise<void>;
}

export async function startSandboxProcess(dataDir: string, ...more: string[]): Promise<SandboxProcess> {
  const child: ChildProcess = spawn(process.execPath, [CLI, "--port", "0", "--data", dataDir, ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const killWithParent = () => child.kill("SIGKILL");
  process.once("exit", killWithParent);
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  const [line] = (await Promise.race([
    once(lines, "line"),
    ended.then(() => Promise.reject(new Error("the sandbox ended while starting"))),
  ])) as [string];
  return {
    description: JSON.parse(line),
    pid: child.pid as number,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      process.removeListener("exit", killWithParent);
    },
  };
}

/** Sends a command to the sandbox's own admin API. */
export async function control(sandbox: SandboxDescription, method: string, path: string, body: unknown): Promise<unknown> {
  const reply = await fetch(`${sandbox.control.url}${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
  return reply.status === 204 ? undefined : reply.json();
}
