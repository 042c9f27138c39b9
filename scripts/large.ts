/**
 * `npm run large`: one document of 5 GB through the example into CSS, read back and hashed, and how much Node-RED grows
 * meanwhile. Takes minutes and some 25 GB of disk. `--gigabytes` and `--both` change what goes where.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments } from "./support/arguments.ts";
import { runLargeDocument } from "./support/large-document.ts";
import { progressLine } from "./support/progress.ts";

const MB = 1024 * 1024;
const options = readArguments({ gigabytes: 5, both: false });
const work = mkdtempSync(join(tmpdir(), "docbridge-large-"));
try {
  const { idle, growth, seconds, ended, verdict, suspectedOrphans } = await runLargeDocument({
    work,
    smallOnes: 200,
    size: Math.round(options.gigabytes * 1e9),
    targets: options.both ? "both" : "css",
    limitMs: 3_600_000,
    show: progressLine(),
  });
  const { documents, altered } = verdict;
  const result = { gigabytes: options.gigabytes, idleMB: Math.round(idle / MB), growthMB: Math.round(growth / MB), seconds };
  console.log(JSON.stringify({ ...result, ...ended, documents, altered, orphans: verdict.orphans, suspectedOrphans }));
} finally {
  rmSync(work, { recursive: true, force: true });
}
