import should from "should";
import { createHttp } from "../../dist/clients/http/http.js";
import { type CredentialConfig, type OAuth2Credentials, TokenSource, withAuth } from "../../dist/clients/otds.js";
import { DocbridgeError } from "../../dist/core/errors.js";
import { type Answer, type Asked, closedPort, failureOf, serve, type TestServer } from "./support.ts";

describe("otds", () => {
  const opened: { close(): unknown }[] = [];
  let time: number;
  let server: TestServer;

  const start = async (handler: (asked: Asked, index: number) => Answer | Promise<Answer>): Promise<TestServer> => {
    server = await serve(handler);
    opened.push(server);
    return server;
  };
  const source = (config: CredentialConfig): TokenSource => {
    const http = createHttp({ timeoutMs: 2000 });
    opened.push(http);
    return new TokenSource(config, http, { now: () => time });
  };
  const oauth = (extra: Partial<OAuth2Credentials> = {}): OAuth2Credentials => ({
    kind: "oauth2",
    tokenUrl: `${server.url}/tenants/t/oauth2/token`,
    grant: "client_credentials",
    clientId: "Exstream",
    clientSecret: "s3cret&=",
    bodyFormat: "form",
    clientAuth: "body",
    ...extra,
  });
  const token = (name: string, extra: Record<string, unknown> = {}): Answer => ({
    json: { access_token: name, token_type: "Bearer", expires_in: 900, ...extra },
  });

  beforeEach(() => {
    time = 1_000_000;
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  it("needs no server for none and basic, and does not ask twice with the same password", async () => {
    should(await source({ kind: "none" }).headers()).eql({});
    const basic = source({ kind: "basic", user: "dmadmin", password: "pä:ss" });
    const headers = await basic.headers();
    should(headers).eql({ Authorization: `Basic ${Buffer.from("dmadmin:pä:ss").toString("base64")}` });
    let tries = 0;
    const refused = await failureOf(
      withAuth(basic, () => {
        tries++;
        return Promise.reject(new DocbridgeError("authentication-failed", { message: "no", status: 401 }));
      }),
    );
    should(refused).match({ code: "authentication-failed" });
    should(tries).equal(1);
  });

  it("sends client credentials as a form", async () => {
    await start(() => token("t1"));
    should(await source(oauth({ scope: "otds:groups search" })).headers()).eql({ Authorization: "Bearer t1" });
    should(server.asked[0]).match({ method: "POST", path: "/tenants/t/oauth2/token" });
    should(server.asked[0]?.headers).match({ "content-type": "application/x-www-form-urlencoded" });
    should(server.asked[0]?.headers).not.have.property("authorization");
    should(Object.fromEntries(new URLSearchParams(server.asked[0]?.body.toString()))).eql({
      client_id: "Exstream",
      client_secret: "s3cret&=",
      grant_type: "client_credentials",
      scope: "otds:groups search",
    });
  });

  it("sends a password grant as JSON, with the client in HTTP Basic", async () => {
    await start(() => token("t1"));
    await source(oauth({ grant: "password", user: "u", password: "p", bodyFormat: "json", clientAuth: "basic" })).headers();
    should(server.asked[0]?.headers).match({
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from("Exstream:s3cret&=").toString("base64")}`,
    });
    should(JSON.parse(server.asked[0]?.body.toString() ?? "")).eql({ grant_type: "password", username: "u", password: "p" });
  });

  it("keeps a token for its life less the margin, also when expires_in is a string", async () => {
    await start((_asked, index) => token(`t${index}`, { expires_in: index === 0 ? "900" : 900 }));
    const tokens = source(oauth({ marginSeconds: 60 }));
    should(await tokens.headers()).eql({ Authorization: "Bearer t0" });
    time += 839_000;
    should(await tokens.headers()).eql({ Authorization: "Bearer t0" });
    time += 2_000;
    should(await tokens.headers()).eql({ Authorization: "Bearer t1" });
    should(server.asked.length).equal(2);
  });

  it("keeps a very short token for most of its life, and one without a life until it is refused", async () => {
    await start((_asked, index) => token(`t${index}`, { expires_in: index === 0 ? 4 : undefined }));
    const tokens = source(oauth());
    await tokens.headers();
    time += 2_900;
    should(await tokens.headers()).eql({ Authorization: "Bearer t0" });
    time += 200;
    should(await tokens.headers()).eql({ Authorization: "Bearer t1" });
    time += 1e9;
    should(await tokens.headers()).eql({ Authorization: "Bearer t1" });
  });

  it("makes one token call for 50 parallel requests with one expired token", async () => {
    await start((_asked, index) => token(`t${index}`));
    const tokens = source(oauth());
    const stale = (await tokens.headers()).Authorization;
    const service = await serve(({ headers }) => (headers.authorization === stale ? { status: 401, json: {} } : { json: { ok: true } }));
    opened.push(service);
    const http = createHttp({ timeoutMs: 5000 });
    opened.push(http);
    const call = () => withAuth(tokens, (headers) => http.request({ method: "POST", url: service.url, headers, body: "{}" }));
    const replies = await Promise.all(Array.from({ length: 50 }, call));
    should(replies.every(({ status }) => status === 200)).be.true();
    should(server.asked.length).equal(2);
    should(service.asked.length).equal(100);
  });

  it("makes one token call when many start without any", async () => {
    await start(() => token("t1"));
    const tokens = source(oauth());
    await Promise.all(Array.from({ length: 50 }, () => tokens.headers()));
    should(server.asked.length).equal(1);
  });

  it("renews once and retries once; a second 401 goes to the caller", async () => {
    await start((_asked, index) => token(`t${index}`));
    const used: string[] = [];
    const failure = await failureOf(
      withAuth(source(oauth()), (headers) => {
        used.push(headers.Authorization ?? "");
        return Promise.reject(new DocbridgeError("authentication-failed", { message: "no", status: 401 }));
      }),
    );
    should(failure).match({ code: "authentication-failed", status: 401 });
    should(used).eql(["Bearer t0", "Bearer t1"]);
  });

  it("takes neither a permission nor an output's inner 401 for an expired token", async () => {
    await start(() => token("t1"));
    for (const error of [
      new DocbridgeError("permission-denied", { message: "no", status: 403 }),
      new DocbridgeError("permission-denied", { message: "inner", status: 401 }),
    ]) {
      let tries = 0;
      await failureOf(withAuth(source(oauth()), () => Promise.reject(++tries && error)));
      should(tries).equal(1);
    }
  });

  it("takes OTDS' own 400 for an expired ticket", async () => {
    await start(() => token("t"));
    let tries = 0;
    const result = await withAuth(source(oauth()), async () => {
      if (++tries === 1) throw new DocbridgeError("refused", { message: "x", status: 400, remote: { code: "1034" } });
      return "done";
    });
    should([tries, result]).eql([2, "done"]);
  });

  it("drops a credential only when it is still the one that was used", async () => {
    await start((_asked, index) => token(`t${index}`));
    const tokens = source(oauth());
    const first = await tokens.headers();
    tokens.invalidate(first);
    const second = await tokens.headers();
    tokens.invalidate(first);
    should(await tokens.headers()).eql(second);
    should(server.asked.length).equal(2);
  });

  it("renews by refresh token, and falls back to the grant when that is refused", async () => {
    const grants: string[] = [];
    await start(({ body }, index) => {
      const fields = new URLSearchParams(body.toString());
      grants.push([fields.get("grant_type"), fields.get("refresh_token")].filter(Boolean).join(" "));
      if (index === 2) return { status: 400, json: { error: "invalid_grant" } };
      return token(`t${index}`, index === 1 ? {} : { refresh_token: `r${index}` });
    });
    const tokens = source(oauth({ grant: "password", user: "u", password: "p" }));
    tokens.invalidate(await tokens.headers());
    tokens.invalidate(await tokens.headers());
    should(await tokens.headers()).eql({ Authorization: "Bearer t3" });
    should(grants).eql(["password", "refresh_token r0", "refresh_token r0", "password"]);
  });

  it("takes a refused grant for permanent, and does not ask again at once", async () => {
    await start(() => ({ status: 401, json: { error: "invalid_client", error_description: "bad client" } }));
    const tokens = source(oauth());
    for (let time = 0; time < 3; time++) {
      const failure = await failureOf(tokens.headers());
      should(failure).match({
        code: "authentication-failed",
        retryable: false,
        ambiguous: false,
        remote: { code: "invalid_client", message: "bad client" },
      });
      should(failure.message).not.containEql("s3cret");
    }
    should(server.asked.length).equal(1);
    time += 31_000;
    await failureOf(tokens.headers());
    should(server.asked.length).equal(2);
  });

  it("takes a token service in trouble for retryable and never for ambiguous", async () => {
    await start(() => ({ status: 503, headers: { "Retry-After": "5" } }));
    const tokens = source(oauth());
    should(await failureOf(tokens.headers())).match({ code: "service-unavailable", retryable: true, ambiguous: false, retryAfterMs: 5000 });
    const gone = source(oauth({ tokenUrl: `http://127.0.0.1:${await closedPort()}/token` }));
    should(await failureOf(gone.headers())).match({ code: "connection-refused", retryable: true, ambiguous: false });
  });

  it("says so when the token URL leads to something else", async () => {
    await start(() => ({ body: "<html>login</html>" }));
    should(await failureOf(source(oauth()).headers())).match({ code: "unexpected-reply", retryable: false, ambiguous: false });
  });

  it("lets one caller give up without ending the renewal for the others", async () => {
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await start(async () => {
      await asked;
      return token("t1");
    });
    const tokens = source(oauth());
    const stop = new AbortController();
    const impatient = failureOf(tokens.headers(stop.signal));
    const patient = tokens.headers();
    stop.abort();
    should(await impatient).match({ code: "aborted", ambiguous: false });
    answer();
    should(await patient).eql({ Authorization: "Bearer t1" });
    should(server.asked.length).equal(1);
  });

  describe("tickets", () => {
    const ticketOf = (): CredentialConfig => ({
      kind: "otds-ticket",
      credentialsUrl: `${server.url}/otdstenant/t/otdsws/rest/authentication/credentials`,
      user: "u@p",
      password: "pw",
      headerName: "OTDSTicket",
    });

    it("sends the ticket in the configured header, and fetches another after a refusal", async () => {
      await start((_asked, index) => ({
        json: { token: null, userId: "u", ticket: `*OTDSSSO*${index}`, failureReason: null, continuation: false },
      }));
      const tickets = source(ticketOf());
      const first = await tickets.headers();
      should(first).eql({ OTDSTicket: "*OTDSSSO*0" });
      should(JSON.parse(server.asked[0]?.body.toString() ?? "")).eql({ userName: "u@p", password: "pw" });
      tickets.invalidate(first);
      should(await tickets.headers()).eql({ OTDSTicket: "*OTDSSSO*1" });
    });

    it("believes no ticket that comes with a failure or a continuation", async () => {
      await start((_asked, index) => ({
        json: index === 0 ? { ticket: "*OTDSSSO*", failureReason: "expired" } : { ticket: "*OTDSSSO*", continuation: true },
      }));
      should(await failureOf(source(ticketOf()).headers())).match({ code: "authentication-failed" });
      should(await failureOf(source(ticketOf()).headers())).match({ code: "authentication-failed" });
    });
  });
});
