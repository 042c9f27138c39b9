/**
 * `npm start`: Node-RED on loopback with the example flow already imported. `PORT` sets the port (1880), the first
 * argument or `DOCBRIDGE_USER_DIR` the user directory (.docbridge). What is there from the last time is kept.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { startNodeRed } from "../test/support/node-red.ts";
import { exampleFlow } from "./support/example-flow.ts";

const userDir = resolve(process.argv[2] ?? process.env.DOCBRIDGE_USER_DIR ?? join(import.meta.dirname, "../.docbridge"));
const port = Number(process.env.PORT ?? 1880);
const isFirst = !existsSync(join(userDir, "flows.json"));

try {
  const nodeRed = await startNodeRed({ userDir, port, ...(isFirst ? { flows: exampleFlow() } : {}), onLog: (line) => console.log(line) });
  console.log(`
Editor            ${nodeRed.adminUrl}/
Deliveries        ${nodeRed.url}/exstream/documents
User directory    ${userDir}

Open the editor and press the button of "Run the statement job". Ctrl-C stops everything; nothing is lost by it.`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void nodeRed.stop().then((code) => process.exit(code ?? 0)));
  await nodeRed.ended;
} catch (error) {
  console.error(`Node-RED could not be started: ${(error as Error).message}`);
  console.error(`Is port ${port} free? Another one can be given: PORT=1881 npm start`);
  process.exit(1);
}
