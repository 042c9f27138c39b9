/**
 * `npm run demo -- --documents 200 --size 50000 --json`: the example's job without a screen, in a Node-RED of its own
 * with an empty user directory. Lost and duplicate documents are counted from the sandbox's files.
 */
import { join } from "node:path";
import { startNodeRed } from "../test/support/node-red.ts";
import { readArguments } from "./support/arguments.ts";
import { exampleFlow, INJECT_ID, setJob } from "./support/example-flow.ts";
import { judge } from "./support/judge.ts";
import { progressLine, untilEnded } from "./support/progress.ts";

const options = readArguments({ documents: 25, size: 50_000, json: false, minutes: 30 });
const flows = exampleFlow();
setJob(flows, { customers: options.documents, size: options.size });

const nodeRed = await startNodeRed({ flows });
try {
  const started = performance.now();
  await fetch(`${nodeRed.adminUrl}/inject/${INJECT_ID}`, { method: "POST" });
  const show = progressLine();
  const ended = await untilEnded(options.documents, () => nodeRed.adminUrl, options.minutes * 60_000, show);
  const seconds = (performance.now() - started) / 1000;
  const { lost, duplicates } = await judge(join(nodeRed.userDir, "docbridge/sandbox"));
  show("");
  const result = {
    documents: options.documents,
    ...ended,
    lost,
    duplicates,
    seconds: Number(seconds.toFixed(2)),
    documentsPerSecond: Number((options.documents / seconds).toFixed(1)),
  };
  if (options.json) console.log(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(20)}${value}`);
  process.exitCode = lost + duplicates + ended.quarantined > 0 ? 1 : 0;
} catch (error) {
  console.error(`${(error as Error).message}\n${nodeRed.logs.slice(-40).join("\n")}`);
  process.exitCode = 1;
} finally {
  await nodeRed.dispose();
}
