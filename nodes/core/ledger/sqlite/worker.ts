import { randomUUID } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { Database } from "./database";
import { type Context, type OperationName, operations } from "./operations";
import { type Call, failedReply, type Reply, type WorkerOptions } from "./protocol";

/**
 * The ledger's thread: takes a group of calls, runs them in one transaction, and answers all of them only when that
 * transaction is on disk. A call that fails is undone alone.
 */
const { dir, session, policy, commitDelayMs } = workerData as WorkerOptions;
const port = parentPort as NonNullable<typeof parentPort>;
const db = Database.open(dir);

port.on("message", (calls: Call[] | "close") => {
  if (calls === "close") {
    db.close();
    port.close();
    return;
  }
  port.postMessage(runGroup(calls));
});
port.postMessage("ready");

function runGroup(calls: Call[]): Reply[] {
  const replies: Reply[] = [];
  try {
    db.transaction(() => {
      for (const call of calls) replies.push(runOne(call));
    });
    // Stands for a slow disk in tests of group commit; 0 in production.
    if (commitDelayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, commitDelayMs);
    return replies;
  } catch (error) {
    // Nothing of the group was committed, so none of its calls may look done.
    return calls.map(() => failedReply(error));
  }
}

function runOne({ name, values }: Call): Reply {
  const context: Context = { db, now: Date.now(), session, policy, random: Math.random, newId: randomUUID };
  const operation = operations[name as OperationName] as (context: Context, ...values: unknown[]) => unknown;
  try {
    return { value: db.savepoint(() => operation(context, ...values)) };
  } catch (error) {
    return failedReply(error);
  }
}
