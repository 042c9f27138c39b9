import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { startNodeRed } from "../support/node-red.ts";

const root = join(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const npm = (cwd: string, ...args: string[]) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

interface NodeSet {
  module: string;
  types: string[];
  err?: string;
  enabled: boolean;
}

describe("the packed package", function () {
  this.timeout(240_000);
  let work: string;
  let files: string[];
  let tarball: string;

  before(() => {
    work = mkdtempSync(join(tmpdir(), "docbridge-pack-"));
    // Without its scripts: they would build again under the feet of the other tests.
    const [packed] = JSON.parse(npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", work));
    files = packed.files.map(({ path }: { path: string }) => path);
    tarball = join(work, packed.filename);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it("holds what a user needs and nothing else", () => {
    for (const file of ["LICENSE", "README.md", "CHANGELOG.md", "package.json", "dist/editor/docbridge-editor.html"])
      files.should.containEql(file);
    files.filter((file) => file.startsWith("examples/")).length.should.be.above(0);
    files.filter((file) => !/^(dist|examples|docs)\/|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(file)).should.eql([]);
    for (const file of Object.values<string>(manifest["node-red"].nodes)) {
      files.should.containEql(file);
      files.should.containEql(file.replace(/\.js$/, ".html"));
    }
  });

  for (const version of ["5", "4"] as const) {
    it(`installs and loads in a clean Node-RED ${version === "5" ? "5.0" : "4.1"}`, async () => {
      const userDir = join(work, `user-${version}`);
      mkdirSync(userDir);
      // npm would otherwise install into the nearest folder above that has a package.json.
      writeFileSync(join(userDir, "package.json"), JSON.stringify({ name: "user-dir", private: true }));
      npm(userDir, "install", "--no-audit", "--no-fund", "--prefer-offline", tarball);
      existsSync(join(userDir, "node_modules", manifest.name, "node_modules/mocha")).should.equal(false);
      const nodeRed = await startNodeRed({ version, userDir });
      try {
        const sets = (await (await fetch(`${nodeRed.adminUrl}/nodes`, { headers: { Accept: "application/json" } })).json()) as NodeSet[];
        const ours = sets.filter(({ module }) => module === manifest.name);
        ours.filter(({ err, enabled }) => err !== undefined || !enabled).should.eql([]);
        should(ours.flatMap(({ types }) => types).sort()).eql(Object.keys(manifest["node-red"].nodes).sort());
        const examples = await (await fetch(`${nodeRed.adminUrl}/library/examples/flows/${manifest.name}`)).text();
        const plugins = await (await fetch(`${nodeRed.adminUrl}/plugins`, { headers: { Accept: "application/json" } })).text();
        examples.should.match(/Statement job to Documentum and CSS/);
        plugins.should.match(/docbridge-editor/);
        nodeRed.logs.filter((line) => /\[(warn|error)\].*docbridge/i.test(line)).should.eql([]);
      } finally {
        await nodeRed.dispose();
      }
    });
  }
});
