import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const rows = [...read("docs/use-cases.md").matchAll(/^\| ([DC]\d) \| (.+) \| (.+) \| (.+) \|$/gm)].map(
  ([, id = "", , example = "", missing = ""]) => ({ id, example, missing }),
);
const exampleOf = (name: string) => `examples/${name}.json`;

describe("docs/use-cases.md", () => {
  it("lists all sixteen use cases, once each", () => {
    const all = ["D", "C"].flatMap((side) => Array.from({ length: 8 }, (_, at) => `${side}${at + 1}`));
    should(rows.map(({ id }) => id)).eql(all);
  });

  for (const { id, example, missing } of rows) {
    const isThere = !example.startsWith("–");
    it(`${id}: ${isThere ? "its example is there and says whose it is" : "names what it lacks, and examples that are there"}`, () => {
      for (const [, name = ""] of example.matchAll(/\*([^*]+)\*/g)) existsSync(join(root, exampleOf(name))).should.equal(true, name);
      if (!isThere) return void missing.should.match(/`[a-z-]+`/);
      const flow: { type: string; info?: string }[] = JSON.parse(read(exampleOf(example)));
      flow.some(({ type, info }) => type === "comment" && info?.includes(`**Use case ${id}**`)).should.equal(true, `comment of ${example}`);
    });
  }

  it("lacks only nodes that do not exist", () => {
    const nodes = JSON.parse(read("package.json"))["node-red"].nodes;
    for (const { id, missing } of rows) {
      const named = [...missing.matchAll(/`([a-z-]+)`/g)].map(([, node = ""]) => node);
      for (const node of named.filter((each) => !missing.includes(`at \`${each}\``))) (node in nodes).should.equal(false, `${id}: ${node}`);
    }
  });
});
