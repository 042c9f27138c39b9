import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { deliver, envelopeOf } from "./deliveries.ts";
import { node, row } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, documentumObjects } from "./stored.ts";
import { sha256, someBytes } from "./values.ts";

const flowTypes = ["exstream-trigger", "exstream-compose", "metadata-mapper", "documentum-archive", "css-store", "asset-fetch"];

/** The variable as a user writes it into a field. */
const env = (name: string) => `\${DOCBRIDGE_TEST_${name}}`;

describe("environment variables and statuses", () => {
  const rig = rigOfSuite();
  const set = (values: Record<string, string>) => {
    for (const [name, value] of Object.entries(values)) process.env[`DOCBRIDGE_TEST_${name}`] = value;
  };
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith("DOCBRIDGE_TEST_")) delete process.env[name];
  });

  it("takes environment variables in fields of nodes, of connections and of the ledger, whole and in part, and in credentials", async () => {
    const { origin, documentum, css, cms, otds } = rig.sandbox.description;
    set({
      ORIGIN: origin,
      REPOSITORY: documentum.repository,
      USER: documentum.user,
      PASSWORD: documentum.password,
      CLIENT: otds.clientId,
      SECRET: otds.clientSecret,
      LEDGER: join(rig.dir, "ledger-of-env"),
      SITE: "north",
      NUMBER: "1",
      PATH: "delivered",
      TARGETS: "documentum,css",
      KEY: "the-key",
      TYPE: "demo_statement",
    });
    await rig.load(
      [
        node("exstream-trigger", "trigger", {
          ledger: "ledger",
          server: "",
          path: `/in/${env("PATH")}`,
          secretMode: "required",
          maxMegabytes: env("NUMBER"),
          tenant: env("SITE"),
          destinations: env("TARGETS"),
          maxInFlight: env("NUMBER"),
          wires: [["mapper"]],
        }),
        node("metadata-mapper", "mapper", {
          destination: "documentum",
          repository: "documentum",
          targetType: env("TYPE"),
          rows: [
            row("customer_number", "constant", "4711"),
            row("job_id", "env", "DOCBRIDGE_TEST_SITE"),
            row("title", "template", "{{metadata.accountNumber}}"),
          ],
          wires: [["second"]],
        }),
        node("metadata-mapper", "second", {
          destination: "css",
          target: "css",
          tenant: "css",
          targetType: "def_statement",
          rows: [row("customer_number", "constant", "4711")],
          wires: [["archive"]],
        }),
        node("documentum-archive", "archive", {
          repository: "documentum",
          ledger: "ledger",
          objectType: env("TYPE"),
          folderPath: `/Statements/${env("SITE")}/{{source.jobId}}`,
          objectName: `${env("SITE")}-{{content.fileName}}`,
          parallel: env("NUMBER"),
          wires: [["store"]],
        }),
        node("css-store", "store", {
          tenant: "css",
          ledger: "ledger",
          objectName: `${env("SITE")}.pdf`,
          parallel: env("NUMBER"),
          wires: [["out"]],
        }),
      ],
      {
        ledger: { directory: env("LEDGER"), maxAttempts: env("NUMBER") },
        documentum: {
          contextUrl: `${env("ORIGIN")}${new URL(documentum.contextUrl).pathname}`,
          repository: env("REPOSITORY"),
          parallel: env("NUMBER"),
        },
        css: { cssUrl: `${env("ORIGIN")}${new URL(css.baseUrl).pathname}`, cmsUrl: `${env("ORIGIN")}${new URL(cms.baseUrl).pathname}` },
      },
      {
        trigger: { secret: env("KEY") },
        documentum: { user: env("USER"), password: env("PASSWORD") },
        css: { clientId: env("CLIENT"), clientSecret: env("SECRET") },
      },
    );
    const url = `${rig.url}/in/delivered`;
    const bytes = someBytes();
    const envelope = JSON.stringify(envelopeOf(bytes, { jobId: "job-env" }));
    const headers = { "Content-Type": "application/json", Authorization: "Bearer the-key" };
    should((await deliver(url, { "Content-Type": "application/json", Authorization: "Bearer wrong" }, envelope)).status).equal(401);
    should((await deliver(url, headers, envelope)).status).equal(201);
    should((await deliver(url, { ...headers, "Content-Type": "application/pdf" }, Buffer.alloc(1_100_000) as never)).status).equal(413);
    const { receipts } = documentOf((await rig.received())[0]);
    should(receipts.documentum?.location).equal("/Statements/north/job-env");
    const [object] = documentumObjects(rig.dataDir);
    should(object?.sha256).equal(sha256(bytes));
    should(object?.values).match({ object_name: /^north-/, job_id: "north", title: "0815" });
    should(cmsInstances(rig.dataDir).map((instance) => instance.sha256)).eql([sha256(bytes)]);
    readFileSync(join(rig.dir, "ledger-of-env/spool", sha256(bytes).slice(0, 2), sha256(bytes)))
      .equals(bytes)
      .should.be.true();
  });

  it("says which field has no number when a variable gives none", async () => {
    set({ NUMBER: "many" });
    await rig.load([
      node("exstream-trigger", "trigger", { ledger: "ledger", server: "", secretMode: "none", maxMegabytes: env("NUMBER") }),
    ]);
    await rig.shown("trigger", "configuration");
    should(rig.errors().some((text) => text.includes("'maxMegabytes' must be a number"))).be.true();
  });

  it("shows a status of the catalogue at every node once it is deployed", async () => {
    const places = { ledger: "ledger", server: "exstream", repository: "documentum", tenant: "css" };
    await rig.load(
      flowTypes.map((type) => node(type, type, { ...places, rows: [], sandboxDelivers: false, secretMode: "none", source: "documentum" })),
    );
    await rig.shown("exstream-trigger", "listening");
    for (const type of flowTypes.filter((each) => each !== "exstream-trigger")) await rig.shown(type, "ready");
  });
});
