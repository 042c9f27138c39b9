import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";

const root = join(import.meta.dirname, "../..");
const scorecardTool = "node-red-dev@0.1.6";

/**
 * The tool asks the public catalogue of nodes and the package registry. Without a network the catalogue is empty (so P08 and
 * N01, the uniqueness of names in the world, say nothing here), and Node-RED's facts are those of the installed versions.
 */
const withoutNetwork = `
const axios = require(require.resolve("axios", { paths: [require.resolve("node-red-dev/package.json")] }));
const manifest = (name) => require(${JSON.stringify(join(root, "node_modules"))} + "/" + name + "/package.json");
const nodeRed = manifest("node-red");
const older = manifest("node-red-4");
const about = {
  "dist-tags": { latest: nodeRed.version, "maintenance-4": older.version },
  versions: { [nodeRed.version]: nodeRed, [older.version]: older },
};
axios.defaults.adapter = async (config) => ({
  data: config.url.includes("catalogue") ? { modules: [] } : about,
  status: 200, statusText: "OK", headers: {}, config,
});
`;

describe("Node-RED's scorecard", function () {
  this.timeout(240_000);
  let dir: string;
  let card: Record<string, { test?: boolean }>;

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-scorecard-"));
    const npm = (...args: string[]) => execFileSync("npm", args, { cwd: dir, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "scorecard", private: true }));
    npm("install", "--no-audit", "--no-fund", "--ignore-scripts", scorecardTool);
    const tarball = npm("pack", "--silent", "--ignore-scripts", "--pack-destination", dir, root).trim().split("\n").at(-1) as string;
    execFileSync("tar", ["xzf", join(dir, tarball), "-C", dir]);
    writeFileSync(join(dir, "without-network.cjs"), withoutNetwork);
    const out = join(dir, "card.json");
    execFileSync(process.execPath, [join(dir, "node_modules/node-red-dev/bin/run"), "validate", "-p", join(dir, "package"), "-o", out], {
      cwd: dir,
      env: { ...process.env, NODE_OPTIONS: `--require ${join(dir, "without-network.cjs")}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    card = JSON.parse(readFileSync(out, "utf8"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const checks = {
    P01: "a licence",
    P03: "a link to the repository and to the issues",
    P04: "a scoped name",
    P05: "the keyword node-red",
    P06: "a version of Node-RED it is for",
    P07: "a version of Node.js that Node-RED runs on",
    N02: "an example for every node",
    D01: "few dependencies",
    D02: "no dependency that breaks others",
  };
  for (const [check, meaning] of Object.entries(checks)) {
    it(`finds ${meaning} (${check})`, () => should(card[check]?.test).equal(true));
  }

  it("has nothing else that is red but what only the public registry can tell", () => {
    const red = Object.entries(card).filter(([, { test }]) => test === false);
    should(red.map(([check]) => check).filter((check) => !["P08", "N01", "D03"].includes(check))).be.empty();
  });
});
