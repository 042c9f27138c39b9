/**
 * Runs all tests (or those whose path contains one of the arguments) and ends with the line `N passed, N failed`.
 * A skipped test counts as failed: nothing is left out in silence.
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";

const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
const files = globSync("test/**/*.test.ts", { cwd: root })
  .sort()
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));

const mocha = new Mocha({ timeout: 30_000, reporter: "spec", color: false });
for (const file of files) mocha.addFile(join(root, file));
await mocha.loadFilesAsync();
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
