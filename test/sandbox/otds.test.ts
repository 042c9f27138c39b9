import { createPublicKey, verify } from "node:crypto";
import { rmSync } from "node:fs";
import should from "should";
import { SandboxApp } from "../../dist/sandbox/kernel/app.js";
import { mountOtds } from "../../dist/sandbox/otds/mount.js";
import { Otds } from "../../dist/sandbox/otds/otds.js";
import { type Json, list, type Reply, replayed, reply, temporaryFolder } from "./platform-support.ts";

const CLIENT = { client_id: "docbridge", client_secret: "s3cret" };

describe("sandbox OTDS", () => {
  let dir: string;
  let app: SandboxApp;
  let otds: Otds;
  let now: number;

  async function start(): Promise<void> {
    app = new SandboxApp(dir, () => now);
    otds = await Otds.open(app, {
      tenant: "demo",
      partition: "people",
      users: [{ name: "anna", password: "pass word", groups: ["clerks"] }],
      clients: [{ id: CLIENT.client_id, secret: CLIENT.client_secret }],
    });
    mountOtds(app, otds);
    app.route("probe", "GET", "/probe", (exchange) => {
      const principal = otds.byToken(exchange.bearer) ?? otds.byTicket(exchange.header("OTDSTicket"));
      exchange.json(principal ? 200 : 401, principal ?? {});
    });
    await app.listen(0);
  }

  beforeEach(async () => {
    dir = temporaryFolder();
    now = Date.parse("2026-03-01T10:00:00Z");
    await start();
  });

  afterEach(async () => {
    await app.close();
    rmSync(dir, { recursive: true });
  });

  async function post(path: string, body: string, headers: Record<string, string>): Promise<Reply> {
    return reply(await fetch(app.origin + path, { method: "POST", headers, body }));
  }
  const postJson = (path: string, body: object, headers = {}): Promise<Reply> =>
    post(path, JSON.stringify(body), { "Content-Type": "application/json", ...headers });
  const postForm = (path: string, body: Record<string, string>, headers = {}): Promise<Reply> =>
    post(path, new URLSearchParams(body).toString(), { "Content-Type": "application/x-www-form-urlencoded", ...headers });
  const token = async (body: object = { grant_type: "client_credentials", ...CLIENT }): Promise<Json> => {
    const got = await postJson("/tenants/demo/oauth2/token", body);
    should(got.status).equal(200);
    return got.json;
  };
  const probe = async (accessToken: unknown): Promise<number> =>
    (await fetch(`${app.origin}/probe`, { headers: { Authorization: `Bearer ${accessToken}` } })).status;
  const claims = (accessToken: unknown): Json =>
    JSON.parse(Buffer.from(String(accessToken).split(".")[1] as string, "base64url").toString());

  it("gives a service client a signed token that JWKS verifies, and no refresh token (T1, T6)", async () => {
    const given = await token();
    should(Object.keys(given).sort()).eql(["access_token", "expires_in", "scope", "token_type"]);
    should(given.token_type).equal("Bearer");
    should(given.expires_in).equal(900);

    const { json: jwks } = await reply(await fetch(`${app.origin}/oauth2/jwks`));
    const [head, body, signature] = String(given.access_token).split(".") as [string, string, string];
    const key = list(jwks.keys)[0] as Json;
    should(JSON.parse(Buffer.from(head, "base64url").toString())).eql({ alg: "RS256", typ: "JWT", kid: key.kid });
    const publicKey = createPublicKey({ key: { ...key }, format: "jwk" });
    should(verify("sha256", Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, "base64url"))).be.true();
    should(claims(given.access_token)).containEql({ tid: "demo", tenant_id: "demo", cid: "docbridge", sub: "docbridge@OAuthClients" });
    should(claims(given.access_token).exp).equal(now / 1000 + 900);
    should(await probe(given.access_token)).equal(200);
  });

  it("takes forms, and the client by HTTP Basic", async () => {
    const basic = { Authorization: `Basic ${Buffer.from("docbridge:s3cret").toString("base64")}` };
    const got = await postForm("/tenants/demo/oauth2/token", { grant_type: "client_credentials", scope: "readwrite" }, basic);
    should(got.status).equal(200);
    should(got.json.scope).equal("readwrite");
    should(await probe(got.json.access_token)).equal(200);
  });

  it("offers the other deployments' token endpoints, which take forms only (T2)", async () => {
    for (const path of [
      "/otdstenant/demo/oauth2/token",
      "/otdsws/otdstenant/demo/oauth2/token",
      "/otds/otdstenant/demo/otdsws/login",
      "/otdsws/oauth2/token",
      "/otdsws/login",
    ]) {
      const got = await postForm(path, { grant_type: "client_credentials", ...CLIENT });
      should(got.status).equal(200, path);
      should(await probe(got.json.access_token)).equal(200);
      const json = await postJson(path, { grant_type: "client_credentials", ...CLIENT });
      should(json.status).equal(400, path);
      should(json.json.error).equal("invalid_request");
    }
  });

  it("lets users in by password and renews by refresh token", async () => {
    const first = await token({ grant_type: "password", username: "anna@people", password: "pass word", ...CLIENT });
    should(claims(first.access_token).sub).equal("anna");
    should(claims(first.access_token).grp).eql(["clerks"]);
    should(first.refresh_token).be.a.String();

    now += 901_000;
    should(await probe(first.access_token)).equal(401);
    const second = await token({ grant_type: "refresh_token", refresh_token: first.refresh_token, ...CLIENT });
    should(second.access_token).not.equal(first.access_token);
    should(claims(second.access_token).sub).equal("anna");
    should(await probe(second.access_token)).equal(200);

    now += 20_000_000;
    const late = await postJson("/tenants/demo/oauth2/token", {
      grant_type: "refresh_token",
      refresh_token: first.refresh_token,
      ...CLIENT,
    });
    should(late.status).equal(400);
    should(late.json.error).equal("invalid_grant");
  });

  it("refuses wrong credentials, unknown grants and tenants (T3)", async () => {
    const cases: [object, string, number, string][] = [
      [
        { grant_type: "client_credentials", client_id: "docbridge", client_secret: "no" },
        "/tenants/demo/oauth2/token",
        401,
        "invalid_client",
      ],
      [{ grant_type: "client_credentials" }, "/tenants/demo/oauth2/token", 401, "invalid_client"],
      [{ grant_type: "password", username: "anna", password: "no", ...CLIENT }, "/tenants/demo/oauth2/token", 401, "invalid_grant"],
      [{ grant_type: "implicit", ...CLIENT }, "/tenants/demo/oauth2/token", 400, "unsupported_grant_type"],
      [CLIENT, "/tenants/demo/oauth2/token", 400, "invalid_request"],
      [{ grant_type: "client_credentials", ...CLIENT }, "/tenants/other/oauth2/token", 400, "invalid_request"],
    ];
    for (const [body, path, status, error] of cases) {
      const got = await postJson(path, body);
      should(got.status).equal(status, JSON.stringify(body));
      should(Object.keys(got.json)).eql(["error", "error_description"]);
      should(got.json.error).equal(error);
      should(got.bytes.toString()).not.containEql("s3cret");
    }
    should((await post("/tenants/demo/oauth2/token", "{", { "Content-Type": "application/json" })).status).equal(400);
  });

  it("can write expires_in as a string (T4)", async () => {
    app.switches.set("otds.string-expires-in", true);
    should((await token()).expires_in).equal("900");
  });

  it("describes itself (T5)", async () => {
    const got = await reply(await fetch(`${app.origin}/tenants/demo/.well-known/openid-configuration`));
    should(got.status).equal(200);
    should(got.json.token_endpoint).equal(`${app.origin}/tenants/demo/oauth2/token`);
    should(got.json.jwks_uri).equal(`${app.origin}/oauth2/jwks`);
  });

  it("gives tickets that end after their lifetime (T7, T8)", async () => {
    app.switches.set("otds.ticket-lifetime-seconds", 5);
    for (const path of ["/otdstenant/demo/otdsws", "/demo/otdsws", "/otdsws"]) {
      const got = await postJson(`${path}/rest/authentication/credentials`, {
        userName: "anna",
        password: "pass word",
        ticketType: "OTDSTICKET",
      });
      should(got.status).equal(200, path);
      should(got.json.token).be.null();
      should(got.json.failureReason).be.null();
      should(got.json.userId).equal("anna@people");
      should(got.json.ticket).startWith("*OTDSSSO*");
      const use = async (): Promise<number> =>
        (await fetch(`${app.origin}/probe`, { headers: { OTDSTicket: String(got.json.ticket) } })).status;
      should(await use()).equal(200);
      now += 5_000;
      should(await use()).equal(401);
    }
    const bad = await postJson("/otdsws/rest/authentication/credentials", { userName: "anna", password: "no" });
    should(bad.status).equal(401);
    should(Object.keys(bad.json)).eql(["error", "error_description"]);
  });

  it("honours the lifetime switch for tokens issued after it (T8)", async () => {
    const long = await token();
    app.switches.set("otds.token-lifetime-seconds", 2);
    const short = await token();
    should(short.expires_in).equal(2);
    now += 1_999;
    should(await probe(short.access_token)).equal(200);
    now += 1;
    should(await probe(short.access_token)).equal(401);
    should(await probe(long.access_token)).equal(200);
  });

  it("voids tokens, refresh tokens and tickets issued so far, and only those, on expire-tokens", async () => {
    const before = await token({ grant_type: "password", username: "anna", password: "pass word", ...CLIENT });
    const { json: ticket } = await postJson("/otdsws/rest/authentication/credentials", { userName: "anna", password: "pass word" });
    should(await probe(before.access_token)).equal(200);
    app.expireTokens();
    should(await probe(before.access_token)).equal(401);
    should((await fetch(`${app.origin}/probe`, { headers: { OTDSTicket: String(ticket.ticket) } })).status).equal(401);
    const renewal = await postJson("/tenants/demo/oauth2/token", {
      grant_type: "refresh_token",
      refresh_token: before.refresh_token,
      ...CLIENT,
    });
    should(renewal.status).equal(400);
    should(await probe((await token()).access_token)).equal(200);
  });

  it("can spare refresh tokens from expire-tokens, so that clients renew by them", async () => {
    app.switches.set("otds.expire-keeps-refresh-tokens", true);
    const before = await token({ grant_type: "password", username: "anna", password: "pass word", ...CLIENT });
    app.expireTokens();
    const after = await token({ grant_type: "refresh_token", refresh_token: before.refresh_token, ...CLIENT });
    should(await probe(after.access_token)).equal(200);
  });

  it("knows its tokens, and what was voided, after a restart", async () => {
    const voided = await token();
    app.expireTokens();
    const alive = await token();
    await app.close();
    await start();
    should(await probe(alive.access_token)).equal(200);
    should(await probe(voided.access_token)).equal(401);
    const fresh = await token();
    should(await probe(fresh.access_token)).equal(200);
  });

  it("refuses tokens that are forged or not its own", async () => {
    const { access_token: good } = await token();
    const [head, body, signature] = String(good).split(".") as [string, string, string];
    const forged = Buffer.from(JSON.stringify({ ...claims(good), sub: "root" })).toString("base64url");
    should(await probe(`${head}.${forged}.${signature}`)).equal(401);
    should(await probe(`${head}.${body}.`)).equal(401);
    should(await probe("nonsense")).equal(401);
    should(await probe(good)).equal(200);
  });

  it("notes what it issued in otds.jsonl, readable without its code", async () => {
    const given = await token();
    const note = replayed(dir, "otds")
      .get("token")
      ?.get(String(claims(given.access_token).jti));
    should(note).containEql({ user: "docbridge@OAuthClients", tenant: "demo", clientId: "docbridge" });
    should(note?.expiresAt).equal("2026-03-01T10:15:00.000Z");
  });

  it("words fault switches as OAuth errors", async () => {
    app.faults.set([{ kind: "status", service: "otds", status: 503, retryAfter: 7, times: 1 }]);
    const got = await postJson("/tenants/demo/oauth2/token", { grant_type: "client_credentials", ...CLIENT });
    should(got.status).equal(503);
    should(got.headers.get("retry-after")).equal("7");
    should(got.json.error).equal("temporarily_unavailable");
    await token();
  });
});
