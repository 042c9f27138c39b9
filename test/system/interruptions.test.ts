import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import should from "should";

const run = promisify(execFile);
const script = join(import.meta.dirname, "../../scripts/chaos.ts");

interface Verdict {
  documents: number;
  lost: number;
  duplicates: number;
  altered: number;
  kills: number;
  closed: number;
  quarantined: number;
}

/** Runs the chaos program, which judges from the sandbox's files alone, and gives what it printed. */
async function chaos(how: string, documents: number, kills: number, seed: number): Promise<Verdict> {
  const args = ["--documents", documents, "--kills", kills, "--seed", seed, "--how", how].map(String);
  const { stdout } = await run(process.execPath, [script, ...args, "--json"]).catch((error) => error as { stdout: string; stderr: string });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  if (!last.startsWith("{")) throw new Error(`the chaos run printed no result: ${stdout}`);
  return JSON.parse(last);
}

describe("a job under lost replies, 503s and expiring tokens", function () {
  this.timeout(240_000);

  for (const [how, what] of [
    ["kill", "kill -9"],
    ["term", "SIGTERM"],
    ["deploy", "full redeploys"],
  ] as const) {
    it(`survives ${what}: nothing lost, nothing twice, nothing altered`, async () => {
      const verdict = await chaos(how, 60, 3, 7);
      should(verdict).containEql({ documents: 60, lost: 0, duplicates: 0, altered: 0, kills: 3, closed: 60, quarantined: 0 });
    });
  }
});
