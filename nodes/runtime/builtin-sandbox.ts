import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { NodeAPI } from "node-red";
import { DocbridgeError } from "../core/errors";
import type { SandboxDescription } from "../sandbox/main";

let running: Promise<SandboxDescription> | undefined;

/**
 * The stand-in servers inside this Node-RED, started when the first connection asks for them, and then kept for the
 * life of the process: a redeploy must not cut a job that the stand-in Exstream is delivering. They live in a thread of
 * their own and are spoken to over loopback HTTP like any server. Throws `configuration` when they cannot start.
 */
export function builtinSandbox(RED: NodeAPI): Promise<SandboxDescription> {
  running ??= start(join(RED.settings.userDir ?? process.cwd(), "docbridge", "sandbox"));
  running.catch(() => {
    running = undefined;
  });
  return running;
}

async function start(dataDir: string): Promise<SandboxDescription> {
  const worker = new Worker(join(__dirname, "../sandbox/worker.js"), { workerData: { port: 0, dataDir } });
  worker.unref();
  try {
    const [description] = (await once(worker, "message")) as [SandboxDescription];
    worker.on("error", () => {
      running = undefined;
    });
    return description;
  } catch (error) {
    throw new DocbridgeError("configuration", {
      message: `The built-in sandbox could not be started in ${dataDir}: ${(error as Error).message}`,
      cause: error,
    });
  }
}
