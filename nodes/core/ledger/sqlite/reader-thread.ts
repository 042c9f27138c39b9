import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { DocbridgeError } from "../../errors";
import type { Reply } from "./protocol";
import type { ReadingName, readings } from "./reader-queries";

type Readings = typeof readings;
type Values<Name extends ReadingName> = Parameters<Readings[Name]> extends [unknown, ...infer Rest] ? Rest : never;

interface Pending {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/** The reading thread as the main thread sees it: begun with the first question, and anew after it broke down. */
export class ReaderThread {
  private worker: Worker | undefined;
  private pending: Pending[] = [];
  private closed = false;

  constructor(private readonly dir: string) {}

  ask<Name extends ReadingName>(name: Name, ...values: Values<Name>): Promise<ReturnType<Readings[Name]>> {
    if (this.closed) return Promise.reject(unavailable("The ledger is closed"));
    this.worker ??= this.start();
    const { worker, pending } = this;
    return new Promise((resolve, reject) => {
      pending.push({ resolve, reject });
      worker.postMessage({ name, values });
    });
  }

  /** Questions that were asked are still answered. */
  async close(): Promise<void> {
    this.closed = true;
    const { worker } = this;
    if (!worker) return;
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    worker.postMessage("close");
    await exited;
  }

  private start(): Worker {
    const worker = new Worker(join(__dirname, "reader.js"), { workerData: { dir: this.dir } });
    worker.on("message", (reply: Reply) => this.settle(reply));
    worker.on("error", (error) => this.fault(worker, error));
    worker.on("exit", (code) => this.fault(worker, new Error(`its reading thread ended with code ${code}`)));
    return worker;
  }

  private settle(reply: Reply): void {
    const { resolve, reject } = this.pending.shift() as Pending;
    if ("value" in reply) resolve(reply.value as never);
    else reject(new DocbridgeError(reply.error.code, reply.error));
  }

  /** The exit that follows an error must not be taken for one of the next thread. */
  private fault(worker: Worker, cause: Error): void {
    if (worker !== this.worker) return;
    this.worker = undefined;
    const lost = this.pending;
    this.pending = [];
    for (const { reject } of lost) reject(unavailable(`The ledger cannot be read: ${cause.message}`, cause));
  }
}

function unavailable(message: string, cause?: unknown): DocbridgeError {
  return new DocbridgeError("ledger-unavailable", { message, retryable: true, cause });
}
