import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import should from "should";
import { requireDocument } from "../../dist/core/validate.js";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const manifest = JSON.parse(read("package.json"));

describe("docs/errors.md", () => {
  it("lists every code there is, and no other", () => {
    const [, union = ""] = /export type ErrorCode =([\s\S]*?);/.exec(read("nodes/core/errors.ts")) ?? [];
    const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
    const listed = [...read("docs/errors.md").matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
    codes.length.should.be.above(30);
    listed.sort().should.eql(codes.sort());
  });
});

describe("docs/document.schema.json", () => {
  const matches = new Ajv2020({ validateFormats: false, strict: false }).compile(JSON.parse(read("docs/document.schema.json")));
  const hash = "a".repeat(64);
  const good = (): Record<string, unknown> => ({
    id: "d1",
    ledger: "n1",
    key: hash,
    source: { system: "exstream", channel: "http" },
    content: { sha256: hash, size: 0, mediaType: "application/pdf", fileName: "a.pdf" },
    metadata: {},
    attributes: { css: { pages: 3, tags: ["a", null] } },
    variant: { role: "pdf" },
    targets: ["css"],
    receipts: { css: { objectId: "1", at: "2026-01-01T00:00:00.000Z", verified: "read-back" } },
    attempt: 1,
    fence: 1,
  });
  const runtimeAccepts = (value: unknown) => {
    try {
      requireDocument(value);
      return true;
    } catch {
      return false;
    }
  };

  it("accepts what the nodes accept", () => {
    matches(good()).should.equal(true);
    runtimeAccepts(good()).should.equal(true);
  });

  const damages: [string, (document: Record<string, unknown>) => void][] = [
    ...Object.keys(good()).map((field): [string, (document: Record<string, unknown>) => void] => [
      `no ${field}`,
      (document) => delete document[field],
    ]),
    ["a key that is no hash", (document) => Object.assign(document, { key: "x" })],
    ["content without a hash", (document) => Object.assign(document, { content: { size: 1, mediaType: "a/b", fileName: "a" } })],
    ["a negative size", (document) => Object.assign(document.content as object, { size: -1 })],
    ["an empty file name", (document) => Object.assign(document.content as object, { fileName: "" })],
    ["targets that are no list", (document) => Object.assign(document, { targets: "css" })],
    ["metadata that is a list", (document) => Object.assign(document, { metadata: [] })],
  ];
  for (const [name, damage] of damages) {
    it(`refuses, as the nodes do: ${name}`, () => {
      const document = good();
      damage(document);
      matches(document).should.equal(false);
      runtimeAccepts(document).should.equal(false);
    });
  }
});

describe("README and docs", () => {
  const files = ["README.md", "CHANGELOG.md", ...globSync("docs/*.md", { cwd: root })];

  it("have no link to a file that is not there", () => {
    for (const file of files) {
      for (const [, target = ""] of read(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
        existsSync(join(root, dirname(file), decodeURI(target))).should.equal(true, `${file}: ${target}`);
      }
    }
  });

  it("give a reason for every production dependency, at most 8 of them", () => {
    const dependencies = Object.keys(manifest.dependencies);
    dependencies.length.should.be.belowOrEqual(8);
    const explained = [...read("README.md").matchAll(/^\| `([@\w/-]+)` \| [^|]{20,} \|$/gm)].map(([, name]) => name);
    explained
      .filter((name) => dependencies.includes(name as string))
      .sort()
      .should.eql(dependencies.sort());
  });

  it("name only npm scripts that are there", () => {
    for (const file of files) {
      for (const [, script = ""] of read(file).matchAll(/npm run ([a-z]+)/g)) should(manifest.scripts).have.property(script);
    }
  });
});
