import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import type { MissingDefinition } from "../../dist/runtime/cms-definitions.js";
import type { DefinitionsReport } from "../../dist/runtime/definition-routes.js";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { records } from "../../scripts/support/sandbox-files.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { node, surroundings } from "./flows.ts";
import { rigOfSuite } from "./rig.ts";
import { someBytes } from "./values.ts";

describe("css-store, in a tenant that lacks definitions", () => {
  const rig = rigOfSuite();
  const store = (values = {}) => node("css-store", "store", { tenant: "css", ledger: "ledger", wires: [["out"]], ...values });
  const FIND = { findAttribute: "account_number", findValue: "{{metadata.account_number}}", renditionName: "web" };

  const cases: [string, Record<string, unknown>, { code: string; subject: string }][] = [
    ["the type", { cmsType: "def_letter" }, { code: "unknown-type", subject: "def_letter" }],
    ["the key attribute", { keyAttribute: "our_key" }, { code: "unknown-attribute", subject: "our_key" }],
    ["the integrity trait", { integrityTrait: "def_seal" }, { code: "unknown-type", subject: "def_seal" }],
    ["the type of a version", { operation: "version", cmsType: "def_letter", ...FIND }, { code: "unknown-type", subject: "def_letter" }],
    [
      "the type of a rendition",
      { operation: "rendition", cmsType: "def_letter", ...FIND },
      { code: "unknown-type", subject: "def_letter" },
    ],
    [
      "the attribute of the business key",
      { operation: "rendition", ...FIND, findAttribute: "contract" },
      { code: "unknown-attribute", subject: "contract" },
    ],
    [
      "the evidence trait",
      {
        operation: "evidence",
        cmsType: "def_statement",
        findType: "def_statement",
        evidenceTrait: "def_link",
        evidenceRole: "log",
        ...FIND,
      },
      { code: "unknown-type", subject: "def_link" },
    ],
  ];
  for (const [what, values, expected] of cases) {
    it(`names ${what}, and creates nothing by itself`, async () => {
      await rig.load([store(values)]);
      rig.send("store", { payload: someBytes(), attributes: { customer_number: "4711", account_number: "D-1" } });
      const { error, document } = await rig.caught();
      should(error?.code).equal(expected.code);
      should(error?.message).match(new RegExp(`"${expected.subject}".*dialog create`));
      await rig.inState(document?.id as string, "quarantined");
      should((await (await rig.ledger()).counts()).byState.quarantined).equal(1);
    });
  }

  it("passes on any other refusal as it is", async () => {
    await rig.load([store()]);
    rig.send("store", { payload: someBytes(), attributes: { customer_number: "4711", shoe_size: "43" } });
    should((await rig.caught()).error).match({ code: "refused" });
  });
});

describe("css-store's dialog, creating definitions", function () {
  this.timeout(60_000);
  let dataDir: string;
  let sandbox: RunningSandbox;
  let nodeRed: NodeRed;
  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "docbridge-definitions-"));
    sandbox = await startSandbox({ port: 0, dataDir });
    const { nodes, credentials } = surroundings(sandbox.description);
    nodeRed = await startNodeRed({ flows: nodes, credentials });
  });
  after(async () => {
    await nodeRed?.dispose();
    await sandbox?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  type Reply = DefinitionsReport & { failure?: { code: string; message: string } };
  async function ask(fields: Record<string, unknown>, create?: MissingDefinition[], tenant = "css", type = "css-store"): Promise<Reply> {
    const reply = await fetch(`${nodeRed.adminUrl}/docbridge/${type}/definitions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ node: "not deployed", tenant, fields, create }),
    });
    reply.status.should.equal(200);
    return (await reply.json()) as Reply;
  }
  const wanted = (more = {}) => ({
    operation: "evidence",
    cmsType: "def_letter",
    keyAttribute: "docbridge_key",
    integrityTrait: "def_seal",
    evidenceTrait: "def_link",
    findType: "def_statement",
    findAttribute: "contract",
    ...more,
  });

  it("shows what is missing without changing anything, creates just that, and then finds nothing missing", async () => {
    const shown = await ask(wanted());
    should(shown.created).be.false();
    should(shown.missing.map(({ kind, name, exists, attributes }) => [kind, name, exists, attributes.map((each) => each.name)])).eql([
      ["type", "def_letter", false, ["docbridge_key"]],
      ["type", "def_statement", true, ["contract"]],
      ["trait", "def_seal", false, ["sha256", "md5", "bytes"]],
      ["trait", "def_link", false, ["document_key", "object_id", "role"]],
    ]);
    should(await ask(wanted())).eql(shown);
    should(await ask(wanted(), shown.missing)).eql({ missing: [], created: true });
    should(await ask(wanted(), shown.missing)).eql({ missing: [], created: false });
  });

  it("adds a missing attribute to a type and a trait that are there, and leaves the others", async () => {
    const fields = wanted({ operation: "store", cmsType: "def_statement", keyAttribute: "second_key", integrityTrait: "def_lifecycle" });
    const { missing } = await ask(fields);
    should(missing.map(({ name, exists, attributes }) => [name, exists, attributes.length])).eql([
      ["def_statement", true, 1],
      ["def_lifecycle", true, 3],
    ]);
    should(await ask(fields, missing)).eql({ missing: [], created: true });
    should((await ask(wanted({ operation: "store", cmsType: "def_statement", integrityTrait: "def_seal" }))).missing).eql([]);
  });

  it("creates the traits of a set with the lists they hold", async () => {
    const fields = wanted({ operation: "set", cmsType: "def_communication", integrityTrait: "def_integrity", traitPrefix: "def_y" });
    const { missing } = await ask(fields);
    should(missing.map(({ name }) => name)).eql(["def_y_variant_set", "def_y_variant"]);
    should(missing[0]?.attributes.filter(({ repeating }) => repeating).map(({ name }) => name)).eql([
      "expected",
      "present",
      "missing",
      "late",
    ]);
    should(await ask(fields, missing)).eql({ missing: [], created: true });
    const trait = [...records(dataDir, "cms", "trait-definition").values()].find(({ system_name }) => system_name === "def_y_variant");
    should(trait?.attributes).containDeep([
      { name: "resources", repeating: true },
      { name: "sha256", repeating: false },
    ]);
  });

  it("creates nothing that was not shown, and shows what is missing now", async () => {
    const { missing } = await ask(wanted({ cmsType: "def_notice" }));
    const asked = await ask(wanted({ cmsType: "def_notice", keyAttribute: "other_key" }), missing);
    should(asked).match({ created: false, missing: [{ name: "def_notice", attributes: [{ name: "other_key" }] }] });
    should((await ask(wanted({ cmsType: "def_notice" }))).missing).eql(missing);
  });

  it("shows and creates what an operation of css-lifecycle needs, and no more", async () => {
    const lifecycle = (fields: Record<string, unknown>, create?: MissingDefinition[]) =>
      ask(
        { cmsType: "def_statement", findBy: "id", findAttribute: "file_number", traitPrefix: "def_x", ...fields },
        create,
        "css",
        "css-lifecycle",
      );
    const namesOf = async (fields: Record<string, unknown>) => (await lifecycle(fields)).missing.map(({ name }) => name);
    for (const [operation, trait] of [
      ["hold", "def_x_legal_hold"],
      ["release", "def_x_legal_hold"],
      ["retention", "def_x_retention"],
      ["tier", "def_x_lifecycle"],
      ["delete", "def_x_deletion"],
      ["expire", "def_x_deletion"],
    ] as const) {
      should(await namesOf({ operation })).eql([trait]);
    }
    should(await namesOf({ operation: "status" })).eql([]);
    should(await namesOf({ operation: "status", findBy: "key" })).eql(["def_statement"]);
    const { missing } = await lifecycle({ operation: "hold" });
    should(missing[0]?.attributes.map(({ name }) => name)).eql(["matter_id", "placed_at", "placed_by", "released_at", "acl_before"]);
    should(await lifecycle({ operation: "hold" }, missing)).eql({ missing: [], created: true });
  });

  it("says which namespace or tenant is not there, and what a request lacks", async () => {
    const { missing } = await ask(wanted({ cmsType: "ins_policy" }));
    should((await ask(wanted({ cmsType: "ins_policy" }), missing)).failure).match({ code: "configuration", message: /ins_policy/ });
    should((await ask(wanted(), undefined, "gone")).failure).match({ code: "configuration", message: /tenant/ });
    should((await ask({})).failure).match({ code: "invalid-message" });
  });
});
