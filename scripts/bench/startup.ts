/** What the pack adds to the start of Node-RED: with it and without it in turns, so that both meet the same machine. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startNodeRed } from "../../test/support/node-red.ts";

const ROUNDS = 7;
const LIMIT_MS = 150;

/** `work`: a folder for what is started without the pack; the caller removes it. */
export async function benchStartup(work: string): Promise<void> {
  // A package that adds nothing stands for none: Node-RED looks for modules in both cases.
  const nothing = join(work, "nothing");
  mkdirSync(nothing, { recursive: true });
  writeFileSync(join(nothing, "package.json"), JSON.stringify({ name: "nothing", version: "1.0.0", "node-red": { nodes: {} } }));

  const withPack: number[] = [];
  const without: number[] = [];
  // The first round only warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const times = [await startUpMs(), await startUpMs(nothing)] as const;
    if (round === 0) continue;
    withPack.push(times[0]);
    without.push(times[1]);
  }
  const [ours, other] = [withPack, without].map((each) => each.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]) as [number, number];
  console.log(
    `${"start of Node-RED".padEnd(32)}the pack adds ${(ours - other).toFixed(0)} ms, at most ${LIMIT_MS} are allowed (${ours.toFixed(0)} ms, ${other.toFixed(0)} ms without)`,
  );
}

/** From the start of the process until its flows run. */
async function startUpMs(packageDir?: string): Promise<number> {
  const started = performance.now();
  let ready = 0;
  const nodeRed = await startNodeRed({
    flows: [{ id: "tab", type: "tab", label: "Empty" }],
    ...(packageDir ? { packageDir } : {}),
    onLog: (line) => {
      if (line.includes("Started flows")) ready = performance.now();
    },
  });
  await nodeRed.dispose();
  return ready - started;
}
