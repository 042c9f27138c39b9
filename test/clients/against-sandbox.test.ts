import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { CmsClient } from "../../dist/clients/cms/cms.js";
import { CssClient } from "../../dist/clients/css/css.js";
import { DocumentumClient, type DocumentumOptions } from "../../dist/clients/documentum/documentum.js";
import { ExstreamClient } from "../../dist/clients/exstream/exstream.js";
import type { CredentialConfig } from "../../dist/clients/otds.js";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { failureOf, TestFolder } from "./support.ts";

/** What the sandbox's flows take; the driver data of a real one is the integrator's own. */
const DRIVER_DATA = '{"customers":[{"number":"4711","name":"A. Smith","account":"0815","period":"2025-01"}]}';

/** The clients against the stand-in servers, over HTTP. Both were written from wire/*.md by people who did not see the other side. */
describe("clients against the sandbox", () => {
  const opened: { close(): unknown }[] = [];
  let folder: TestFolder;
  let sandbox: RunningSandbox;
  /** How far the sandbox's clock is ahead of ours, in milliseconds. */
  let ahead = 0;

  const start = async (switches: Record<string, string | number | boolean> = {}): Promise<void> => {
    sandbox = await startSandbox({ port: 0, dataDir: `${folder.path}/sandbox`, switches, now: () => Date.now() + ahead });
    opened.push(sandbox);
  };
  const track = <T extends { close(): unknown }>(client: T): T => {
    opened.push(client);
    return client;
  };
  const oauth = (): CredentialConfig => {
    const { tokenUrl, clientId, clientSecret } = sandbox.description.otds;
    return { kind: "oauth2", tokenUrl, clientId, clientSecret, grant: "client_credentials", bodyFormat: "json", clientAuth: "body" };
  };
  const documentum = (options: Partial<DocumentumOptions> = {}): DocumentumClient => {
    const { contextUrl, repository, user, password } = sandbox.description.documentum;
    const credentials = { kind: "basic", user, password } as const;
    return track(new DocumentumClient({ contextUrl, repository, credentials, createCabinets: true, ...options }));
  };

  beforeEach(() => {
    folder = new TestFolder();
    ahead = 0;
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
    folder.remove();
  });

  describe("Documentum", () => {
    const variants: [string, Record<string, string | number | boolean>, Partial<DocumentumOptions>][] = [
      ["as it comes", {}, {}],
      ["with an ACS", {}, { mediaUrlPolicy: "dc-pref" }],
      ["in client-token mode", { "documentum.client-token": true }, { clientToken: true }],
      [
        "with a client token in a header of its own",
        { "documentum.client-token": true, "documentum.client-token-header": "DCTMClientToken" },
        { clientToken: { header: "DCTMClientToken" } },
      ],
      [
        "of another temper",
        {
          "documentum.create-status": 200,
          "documentum.error-details": false,
          "documentum.repositories-need-credentials": true,
          "documentum.repository-id-as-text": true,
          "documentum.acs": false,
        },
        {},
      ],
    ];
    for (const [name, switches, options] of variants) {
      it(`creates, finds, reads back: a server ${name}`, async () => {
        await start(switches);
        const client = documentum(options);
        should((await client.check()).major).be.above(7);
        for (const size of [1, 50_000, 3_000_000]) {
          const file = folder.file(size);
          const properties = { object_name: "letter ü", subject: file.sha256, keywords: ["a", "b"] };
          const folderPath = `/Docbridge/O'Brien & Söhne/${size}`;
          const document = await client.createDocument({
            folder: folderPath,
            type: "dm_document",
            properties,
            content: file,
            format: "pdf",
          });
          should(document.sent.sha256).equal(file.sha256);
          should(document).match({ size, versionLabel: "1.0", format: "pdf", chronicleId: document.objectId });
          const [hit, ...others] = await client.findByKey("dm_document", "subject", file.sha256);
          should(others.length).equal(0);
          should(hit).match({ objectId: document.objectId, size, format: "pdf", name: "letter ü" });
          should(await client.hashContent(document)).match({ bytes: size, sha256: file.sha256 });
          should(await client.hashContent(document.objectId)).match({ bytes: size, sha256: file.sha256 });
          const { stream, mediaType } = await client.openContent(document.objectId);
          should((await buffer(stream)).equals(file.bytes)).be.true();
          should(mediaType).equal("application/pdf");
          should((await client.getObject(document.objectId)).properties.keywords).eql(["a", "b"]);
        }
      });
    }

    it("makes each folder once although two clients and many documents race for it", async () => {
      await start();
      const clients = [documentum(), documentum()];
      const paths = Array.from({ length: 24 }, (_, index) => `/Docbridge/Race/${index % 4}`);
      const ids = await Promise.all(paths.map(async (path, index) => (await clients[index % 2]?.ensureFolder(path))?.objectId));
      should(new Set(ids).size).equal(4);
      should(await clients[0]?.findFolder("/Docbridge/Race/0")).match({ objectId: ids[0] });
      should(await clients[0]?.findFolder("/Docbridge/Race/9")).be.undefined();
      should((await clients[0]?.dql("select r_object_id from dm_folder where folder('/Docbridge/Race')"))?.length).equal(4);
    });

    describe("bad input", () => {
      const good = { object_name: "letter", customer_number: "4711" };
      const create = (client: DocumentumClient, properties: object, more: object = {}) =>
        client.createDocument({
          folder: "/Statements/Bad",
          type: "demo_statement",
          properties: { ...good, ...properties },
          content: folder.file(100),
          ...more,
        });
      const cases: [string, (client: DocumentumClient) => Promise<unknown>, object, RegExp][] = [
        [
          "an unknown type",
          (client) => create(client, {}, { type: "no_such_type" }),
          { code: "refused", status: 400 },
          /DM_OBJ_MGR_E_NO_TYPE/,
        ],
        [
          "an unknown attribute",
          (client) => create(client, { shoe: 43 }),
          { code: "unknown-attribute", subject: "shoe" },
          /DM_API_E_BADATTRNAME/,
        ],
        ["a value of the wrong type", (client) => create(client, { pages: "secret" }), { code: "refused", subject: "pages" }, /WRONG_TYPE/],
        ["a date that is none", (client) => create(client, { statement_date: "secret" }), { subject: "statement_date" }, /WRONG_TYPE/],
        [
          "a value that is too long",
          (client) => create(client, { customer_number: "secret".repeat(20) }),
          { subject: "customer_number" },
          /TOO_LONG/,
        ],
        ["a list for a single attribute", (client) => create(client, { job_id: ["secret", "x"] }), { subject: "job_id" }, /WRONG_TYPE/],
        [
          "a value outside value assistance",
          (client) => create(client, { document_type: "secret" }),
          { subject: "document_type" },
          /NOT_IN_LIST/,
        ],
        [
          "a required attribute left out",
          (client) => create(client, { customer_number: null }),
          { subject: "customer_number" },
          /REQUIRED/,
        ],
        [
          "a name with illegal characters",
          (client) => create(client, { object_name: "secret\u0007" }),
          { subject: "object_name" },
          /BAD_NAME/,
        ],
        ["an unknown ACL", (client) => create(client, { acl_name: "secret" }), { subject: "acl_name" }, /ACL_NOT_EXIST/],
        ["an unknown format", (client) => create(client, {}, { format: "secret" }), { code: "refused" }, /DM_FORMAT_E/],
        ["malformed DQL", (client) => client.dql("select secret from where"), { code: "refused", status: 400 }, /DM_QUERY_E/],
      ];
      for (const [name, attempt, expected, cause] of cases) {
        it(`${name} is refused for good, with Documentum's own code and cause, and without a value`, async () => {
          await start({ "documentum.enforce-data-dictionary": true });
          const failure = await failureOf(attempt(documentum()));
          should(failure).match({ ...expected, retryable: false, ambiguous: false, remote: { code: /^E_/, message: cause, id: /./ } });
          should(failure.message).match(cause);
          should(JSON.stringify(failure) + failure.message).not.match(/secret/);
        });
      }

      it("an expired password and a missing right are told apart", async () => {
        await start();
        const { user } = sandbox.description.documentum;
        const refused = await failureOf(
          documentum({ credentials: { kind: "basic", user, password: "secret" } }).dql("select r_object_id from dm_document"),
        );
        should(refused).match({ code: "authentication-failed", status: 401, remote: { code: "E_BAD_CREDENTIALS_ERROR" } });
        should(JSON.stringify(refused) + refused.message).not.match(/secret/);
        const [asset] = await documentum().findByKey("demo_asset", "asset_key", "terms-and-conditions");
        const owner = documentum();
        await owner.policies.assignAcl(await owner.getObject(asset?.objectId as string), { name: "demo_read_only", domain: "dmadmin" });
        const other = user === "dmadmin" ? "demo" : "dmadmin";
        const stranger = documentum({ credentials: { kind: "basic", user: other, password: sandbox.description.documentum.password } });
        const weak = user === "dmadmin" ? stranger : documentum();
        const denied = await failureOf(weak.updateObject(await weak.getObject(asset?.objectId as string), () => ({ title: "x" })));
        should(denied).match({ code: "permission-denied", status: 403, retryable: false });
      });
    });

    it("creates no cabinet unless it may", async () => {
      await start();
      should(await failureOf(documentum({ createCabinets: false }).ensureFolder("/Nowhere/x"))).match({
        code: "not-found",
        subject: "Nowhere",
      });
    });

    it("reads types with inherited attributes, and says which there is not", async () => {
      await start();
      const client = documentum();
      const { name, attributes } = await client.getType("dm_document");
      should(name).equal("dm_document");
      const byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));
      should(byName.get("object_name")).match({ type: "string", length: 255, repeating: false });
      should(byName.get("keywords")).match({ type: "string", repeating: true });
      should(byName.get("r_creation_date")).match({ type: "date" });
      should(await failureOf(client.getType("acme_nope"))).match({ code: "unknown-type", subject: "acme_nope" });
    });

    it("pages through rows", async () => {
      await start();
      const client = documentum();
      for (let index = 0; index < 7; index++) await client.ensureFolder(`/Docbridge/Page/${index}`);
      const query = "select r_object_id, object_name from dm_folder where folder('/Docbridge/Page') order by object_name";
      const names = (await client.dql(query, { itemsPerPage: 2 })).map((row) => row.object_name);
      should(names).eql(["0", "1", "2", "3", "4", "5", "6"]);
      should((await client.dql(query, { itemsPerPage: 2, maxRows: 5 })).length).equal(5);
      should(await client.dql("select r_object_id from dm_document where subject='none'")).eql([]);
    });

    it("tells bad attributes, types, credentials and repositories apart", async () => {
      await start();
      const content = folder.file(10);
      const create = (type: string, properties: Record<string, unknown>) =>
        documentum().createDocument({ folder: "/Docbridge/x", type, properties, content });
      should(await failureOf(create("dm_document", { object_name: "x", acme_colour: "red" }))).match({
        code: "unknown-attribute",
        retryable: false,
        ambiguous: false,
        subject: "acme_colour",
      });
      should(await failureOf(create("acme_nope", { object_name: "x" }))).match({ retryable: false, ambiguous: false });
      const stranger = documentum({ credentials: { kind: "basic", user: "dmadmin", password: "wrong" } });
      should(await failureOf(stranger.check())).match({ code: "authentication-failed", status: 401, retryable: false });
      should(await failureOf(documentum({ repository: "nope" }).check())).match({ code: "not-found", subject: "nope" });
      should(await failureOf(documentum().getObject("0900000000000000"))).match({ code: "not-found" });
    });
  });

  for (const apiVersion of ["v2", "v3"] as const) {
    describe(`CSS ${apiVersion} and CMS`, () => {
      const connect = () => {
        const { css, cms } = sandbox.description;
        const credentials = oauth();
        return {
          css: track(new CssClient({ baseUrl: css.baseUrl, tenant: css.tenant, apiVersion, credentials })),
          cms: track(new CmsClient({ baseUrl: cms.baseUrl, prefix: "", credentials, ratePerSecond: 0 })),
        };
      };

      it("stores, describes, finds, reads back", async () => {
        await start();
        const { css, cms } = connect();
        for (const size of [1, 50_000, 3_000_000]) {
          const file = folder.file(size, "Brief ü.pdf");
          const stored = await css.upload(file);
          should(stored).match({ size, fileName: "Brief ü.pdf", md5: apiVersion === "v2" ? file.md5.toUpperCase() : undefined });
          should(await css.hashContent(stored.contentId)).match({ bytes: size, sha256: file.sha256 });
          const source = apiVersion === "v3" ? { source: "FILE_ID" as const } : {};
          const created = await cms.createInstance("file", "cms_file", {
            name: file.sha256,
            renditions: [
              { name: "Brief ü.pdf", rendition_type: "primary", blob_id: stored.contentId, mime_type: "application/pdf", ...source },
            ],
          });
          const found = await cms.findByAttribute("file", "cms_file", "name", file.sha256);
          should(found.map(({ id }) => id)).eql([created.id]);
          should(await cms.getInstance("file", "cms_file", created.id)).match({ id: created.id, name: file.sha256, latest: true });
          should(await cms.hashContent(found[0] as (typeof found)[0])).match({ bytes: size, sha256: file.sha256 });
        }
        should(await cms.findByAttribute("file", "cms_file", "name", "O'Brien")).eql([]);
      });

      it("pages through instances", async () => {
        await start();
        const { cms } = connect();
        for (let index = 0; index < 5; index++)
          await cms.createInstance("object", "cms_object", { name: "same", description: String(index) });
        const found = await cms.findByAttribute("object", "cms_object", "name", "same", { itemsPerPage: 2 });
        should(new Set(found.map(({ id }) => id)).size).equal(5);
      });

      it("reads definitions", async () => {
        await start();
        const { cms } = connect();
        should((await cms.getTypeDefinition("cms_file")).attributes.map(({ name }) => name)).containEql("name");
        should(await failureOf(cms.getTypeDefinition("def_nope"))).match({ code: "unknown-type" });
      });

      it("has infected files refused for good", async () => {
        await start();
        const { css } = connect();
        // The standard test file of virus scanners, in two pieces so that none takes this one for it.
        const infected = folder.file(Buffer.from(["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*"].join("")));
        should(await failureOf(css.upload(infected))).match({ code: "virus-found", retryable: false, ambiguous: false });
      });

      it("goes on with fresh tokens when all have expired", async () => {
        await start();
        const { css } = connect();
        const files = Array.from({ length: 10 }, (_, index) => folder.file(200_000 * index));
        await css.upload(folder.file(1));
        ahead = 3_600_000;
        const stored = await Promise.all(files.map((file) => css.upload(file)));
        const digests = await Promise.all(stored.map(({ contentId }) => css.hashContent(contentId)));
        should(digests.map(({ sha256 }) => sha256)).eql(files.map(({ sha256 }) => sha256));
      });

      it("tells missing content and wrong credentials", async () => {
        await start();
        const { css } = connect();
        should(await failureOf(css.hashContent("bm9uZQ=="))).match({ code: "not-found", status: 404 });
        const wrong = { ...oauth(), clientSecret: "wrong" } as CredentialConfig;
        const stranger = track(new CssClient({ ...sandbox.description.css, apiVersion, credentials: wrong }));
        should(await failureOf(stranger.upload(folder.file(1)))).match({ code: "authentication-failed", retryable: false });
      });

      it("slows down when CMS says so", async () => {
        await start({ "cms.requests-per-second": 5, "cms.retry-after-seconds": 1 });
        const { cms } = connect();
        const calls = Array.from({ length: 12 }, () => cms.findByAttribute("file", "cms_file", "name", "x"));
        const results = await Promise.allSettled(calls);
        const refused = results.flatMap((result) =>
          result.status === "rejected" ? [result.reason as { code: string; retryAfterMs: number }] : [],
        );
        should(refused.length).be.above(0);
        for (const failure of refused)
          should(failure).match({ code: "rate-limited", retryable: true, ambiguous: false, retryAfterMs: 1000 });
        should(cms.limiter.limit).be.below(8);
      });
    });
  }

  describe("Exstream", () => {
    const connect = (credentials = oauth()): ExstreamClient => {
      const { baseUrl, domain } = sandbox.description.exstream;
      return track(new ExstreamClient({ baseUrl, domain, credentials }));
    };

    it("starts a batch job and follows it to its end", async () => {
      await start();
      const client = connect();
      should((await client.check()).version).be.a.String();
      const submitted = await client.submitBatch(sandbox.description.exstream.service, DRIVER_DATA, { externalId: "run-7" });
      let job = await client.getJob(submitted.jobId);
      while (!["complete", "error", "canceled"].includes(job.status)) {
        await sleep(25);
        job = await client.getJob(submitted.jobId);
      }
      should(job).match({ status: "complete", mode: "BATCH", externalId: "run-7" });
      should(Date.parse(job.endDate ?? "")).be.aboveOrEqual(Date.parse(job.startDate ?? ""));
      const { jobs } = await client.listJobs({ filter: { mode: "BATCH", statuses: ["complete", "error"] }, count: 10 });
      should(jobs.map(({ id }) => id)).containEql(submitted.jobId);
    });

    it("composes on demand, as an envelope and as bytes", async () => {
      await start();
      const client = connect();
      const { communicationId, driverDataSource } = sandbox.description.exstream;
      const request = { communicationId, driverDataSource, body: DRIVER_DATA };
      const envelope = await client.generate(request);
      should(envelope.kind).equal("json");
      const { data } = JSON.parse((await buffer(envelope.stream)).toString());
      should(Buffer.from(data[0].content, "base64").subarray(0, 5).toString("latin1")).equal("%PDF-");
      const bytes = await client.generate({ ...request, accept: "application/pdf" });
      should(bytes.kind).equal("bytes");
      should((await buffer(bytes.stream)).subarray(0, 5).toString("latin1")).equal("%PDF-");
    });

    it("tells an output's inner 401 from an expired token", async () => {
      await start({ "exstream.inner-status": "401" });
      const { communicationId, driverDataSource } = sandbox.description.exstream;
      should(await failureOf(connect().generate({ communicationId, driverDataSource, body: DRIVER_DATA }))).match({
        code: "permission-denied",
      });
    });

    it("renews an expired ticket of the token service on its way", async () => {
      await start();
      const client = connect();
      await client.check();
      ahead = 3_600_000;
      await Promise.all(Array.from({ length: 20 }, () => client.listJobs()));
    });

    it("tells missing jobs, services and header values", async () => {
      await start();
      const client = connect();
      should(await failureOf(client.getJob("00000000-0000-4000-8000-000000000000"))).match({ code: "not-found" });
      should(await failureOf(client.submitBatch("Nope", "{}"))).match({ code: "not-found" });
      should(await failureOf(client.generate({ body: "{}" }))).match({ code: "refused", status: 400 });
    });
  });
});
