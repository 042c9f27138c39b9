import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { stepOf } from "../../dist/runtime/connection-test.js";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { connectionsTo } from "../../scripts/support/example-flow.ts";
import { freePort, type NodeRed, startNodeRed } from "../support/node-red.ts";
import { surroundings } from "./flows.ts";

type Fields = Record<string, unknown>;

describe("test of a connection from its dialog", function () {
  this.timeout(60_000);
  let dataDir: string;
  let sandbox: RunningSandbox;
  let nodeRed: NodeRed;

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "docbridge-connection-"));
    sandbox = await startSandbox({ port: 0, dataDir });
    const { nodes, credentials } = surroundings(sandbox.description);
    nodeRed = await startNodeRed({ flows: nodes, credentials });
  });
  after(async () => {
    await nodeRed?.dispose();
    await sandbox?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const connections = () => connectionsTo(sandbox.description);
  async function tried(type: string, fields: Fields, credentials: Fields, id = ""): Promise<Record<string, string>> {
    const reply = await fetch(`${nodeRed.adminUrl}/docbridge/connections/${type}/test`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        id,
        fields: {
          timeoutSeconds: "5",
          prefix: "/orchestration",
          apiVersion: "v2",
          grant: "client_credentials",
          bodyFormat: "form",
          clientAuth: "body",
          ...fields,
        },
        credentials,
      }),
    });
    reply.status.should.equal(200);
    return (await reply.json()) as Record<string, string>;
  }

  it("works for all three, and says what answered", async () => {
    const { exstream, documentum, css } = connections();
    should(await tried("documentum-repository", documentum.fields, documentum.credentials)).match({
      server: /^Documentum REST Services \d/,
    });
    should(await tried("exstream-server", exstream.fields, exstream.credentials)).match({
      server: /^Exstream Orchestration [^,]*, Engine Web Service, Service Gateway$/,
    });
    should(await tried("css-tenant", css.fields, css.credentials)).eql({ server: "CSS, CMS" });
  });

  it("works for Exstream's services each by itself", async () => {
    const { fields, credentials } = connections().exstream;
    const cloudOnly = await tried("exstream-server", { ...fields, engineUrl: "", gatewayUrl: "" }, credentials);
    should(cloudOnly).match({ server: /^Exstream Orchestration [^,]*$/ });
    const onPremises = { ...fields, auth: "none", baseUrl: "", domain: "", tokenUrl: "", engineUrl: "" };
    should(await tried("exstream-server", onPremises, credentials)).eql({ server: "Service Gateway" });
  });

  it("works for the built-in sandbox, with nothing filled in", async () => {
    for (const type of ["documentum-repository", "exstream-server", "css-tenant"])
      should(await tried(type, { sandbox: true }, {})).not.have.property("failed");
  });

  it("asks the engine service for its description where its address is given, with or without an orchestration service", async () => {
    const { exstream } = connections();
    should(await tried("exstream-server", exstream.fields, exstream.credentials)).match({ server: /^Exstream.*, Engine Web Service, / });
    const alone = { ...exstream.fields, baseUrl: "", domain: "", gatewayUrl: "", auth: "none" };
    should(await tried("exstream-server", alone, {})).eql({ server: "Engine Web Service" });
    should(await tried("exstream-server", { ...alone, engineAuth: "basic" }, {})).match({ failed: "fields", message: /'engineUser'/ });
    for (const engineUrl of [`${sandbox.description.origin}/nothing`, sandbox.description.css.baseUrl]) {
      should(await tried("exstream-server", { ...alone, engineUrl }, {})).match({ failed: "service" });
    }
    should(await tried("exstream-server", { ...alone, engineUrl: "" }, {})).match({ failed: "fields", message: /'baseUrl'/ });
  });

  it("takes the stored secret where none was typed", async () => {
    const { documentum } = connections();
    should(
      await tried("documentum-repository", documentum.fields, { user: documentum.credentials.user, password: "__PWRD__" }, "documentum"),
    ).have.property("server");
    should(await tried("documentum-repository", documentum.fields, { ...documentum.credentials, password: "wrong" }, "documentum")).match({
      failed: "signIn",
      code: "authentication-failed",
    });
  });

  it("says which step failed", async () => {
    const { documentum, exstream, css } = connections();
    const at = (contextUrl: string) => tried("documentum-repository", { ...documentum.fields, contextUrl }, documentum.credentials);
    should(await tried("documentum-repository", { ...documentum.fields, contextUrl: "" }, documentum.credentials)).match({
      failed: "fields",
      code: "configuration",
    });
    should(await at("http://no-such-host.invalid/dctm-rest")).match({ failed: "name", code: "connection-refused" });
    should(await at(`http://127.0.0.1:${await freePort()}/dctm-rest`)).match({ failed: "connection", code: "connection-refused" });
    should(await at(sandbox.description.documentum.contextUrl.replace("http:", "https:"))).match({ failed: "tls", code: "tls-failed" });
    should(await tried("documentum-repository", { ...documentum.fields, repository: "nowhere" }, documentum.credentials)).match({
      failed: "service",
    });
    should(await tried("exstream-server", exstream.fields, { ...exstream.credentials, clientSecret: "wrong" })).match({ failed: "signIn" });
    should(await tried("exstream-server", exstream.fields, { ...exstream.credentials, gatewayPassword: "wrong" })).match({
      failed: "signIn",
    });
    should(await tried("exstream-server", { ...exstream.fields, gatewayTicketUrl: "" }, exstream.credentials)).match({ failed: "fields" });
    should(await tried("css-tenant", css.fields, { ...css.credentials, clientId: "nobody" })).match({ failed: "signIn" });
    should(await tried("css-tenant", { ...css.fields, cssUrl: `http://127.0.0.1:${await freePort()}` }, css.credentials)).match({
      failed: "connection",
    });
  });

  it("never repeats a secret", async () => {
    const { documentum } = connections();
    const report = await tried("documentum-repository", documentum.fields, { ...documentum.credentials, password: "hush-hush" });
    JSON.stringify(report).should.not.containEql("hush-hush");
  });

  it("counts a refusal of a right as such", () => {
    should(stepOf({ code: "permission-denied" } as never)).equal("permission");
  });
});
