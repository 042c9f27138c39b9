/**
 * Runs all tests (or those whose path contains one of the arguments) and ends with the line `N passed, N failed`.
 * A skipped test counts as failed: nothing is left out in silence. Two files run at a time, each in a process of its own
 * that goes on with the next: most tests wait, for timers, restarts and a browser.
 */
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import chromium from "@sparticuz/chromium";
import Mocha from "mocha";

const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
/** Folders whose files take long begin first, so that both processes end at about the same time. */
const first = ["system", "browser", "nodes"];
const order = (file: string) => [...first, dirname(file).split("/")[1]].indexOf(dirname(file).split("/")[1]);
const files = globSync("test/**/*.test.ts", { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort((one, other) => order(one) - order(other) || one.localeCompare(other));

// Unpacks the browser, which two processes could not do at once.
if (files.some((file) => file.startsWith("test/browser/"))) await chromium.executablePath();

const mocha = new Mocha({ timeout: 60_000, reporter: "spec", color: false, parallel: true, jobs: 2, require: ["should"] });
for (const file of files) mocha.addFile(join(root, file));
const runner = mocha.run();
runner.on("end", () => {
  const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
  if (pending > 0) console.log(`${pending} tests were skipped; that counts as failure`);
  // After mocha's own report, which is written on the same event.
  setImmediate(() => {
    console.log(`${passes} passed, ${failures + pending} failed`);
    process.exit(failures + pending > 0 || passes === 0 ? 1 : 0);
  });
});
