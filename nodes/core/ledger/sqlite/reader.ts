import { parentPort, workerData } from "node:worker_threads";
import { Database } from "./database";
import { type Call, failedReply, type Reply } from "./protocol";
import { type ReadingName, readings } from "./reader-queries";

/**
 * The console's thread: reads through a connection of its own, so that a search never delays a commit. Answers in the
 * order of the questions.
 */
const port = parentPort as NonNullable<typeof parentPort>;
const db = Database.openForReading((workerData as { dir: string }).dir);

port.on("message", (call: Call | "close") => {
  if (call === "close") {
    db.close();
    port.close();
    return;
  }
  port.postMessage(answer(call));
});

function answer({ name, values }: Call): Reply {
  const reading = readings[name as ReadingName] as (context: { db: Database; now: number }, ...values: unknown[]) => unknown;
  try {
    return { value: db.snapshot(() => reading({ db, now: Date.now() }, ...values)) };
  } catch (error) {
    return failedReply(error);
  }
}
