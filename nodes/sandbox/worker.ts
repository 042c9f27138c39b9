import { parentPort, workerData } from "node:worker_threads";
import { type SandboxOptions, startSandbox } from "./main";

/**
 * Entry for `new Worker(".../sandbox/worker.js", { workerData: options })`: posts the SandboxDescription once the
 * servers listen, and stops on the message `close`. A start that fails is the worker's `error` event.
 */
async function run(): Promise<void> {
  if (!parentPort) throw new Error("sandbox/worker runs only inside a worker thread; on the command line use sandbox/cli");
  const port = parentPort;
  const sandbox = await startSandbox(workerData as SandboxOptions);
  port.on("message", async (message: unknown) => {
    if (message !== "close") return;
    await sandbox.close();
    port.close();
  });
  port.postMessage(sandbox.description);
}

// A rejection would end the worker as an unhandled one; thrown in a callback it is the worker's own error.
run().catch((error) => {
  setImmediate(() => {
    throw error;
  });
});
