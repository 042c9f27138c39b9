import should from "should";
import { hrefOf, JSON_TYPE, LR, Rig, rawRequest } from "./documentum-rig.ts";

describe("documentum stand-in: entry and authentication", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await new Rig().start();
  });
  afterEach(() => rig.stop());

  it("leads from the home document to the repository without any fixed address but /services", async () => {
    const home = JSON.parse((await rawRequest(`${rig.ctx}/services`, "GET", { Accept: "application/home+json" })).text);
    const repositories = await rig.get(home.resources[`${LR}repositories`].href);
    const entry = repositories.body.entries?.find(({ title }) => title === "demo");
    const address = hrefOf(entry as never, "edit") as string;
    address.should.equal(entry?.content.src);
    const { body } = await rig.get(address);
    body.name.should.equal("demo");
    should(hrefOf(body, "cabinets")).equal(`${rig.repository}/cabinets`);
    const about = JSON.parse((await rawRequest(home.resources.about.href, "GET", {})).text);
    about.properties.major.should.equal("16.7");
  });

  it("gives dql and search as templates only", async () => {
    const { links } = (await rig.get("")).body;
    for (const rel of ["dql", "search"]) {
      const link = links.find((one) => one.rel === LR + rel);
      should(link?.href).equal(undefined);
      should(link?.hreftemplate).match(/\{\?(dql|q),/);
    }
    should(links.find((one) => one.rel === `${LR}dql`)?.hreftemplate).equal(`${rig.repository}{?dql,page,items-per-page}`);
  });

  it("repeats a .json suffix in every link of the reply", async () => {
    const { body } = await rig.get(`${rig.repository}.json`);
    for (const { href, hreftemplate } of body.links) (href ?? hreftemplate?.replace(/\{.*/, "") ?? "").should.endWith(".json");
    should(body.links.find(({ rel }) => rel === `${LR}dql`)?.hreftemplate).equal(`${rig.repository}.json{?dql,page,items-per-page}`);
    const user = await rig.get("/currentuser.json");
    user.body.properties.should.have.property("user_name", "demo");
    hrefOf(user.body, "self")?.should.equal(`${rig.repository}/currentuser.json`);
  });

  it("answers 401 with E_BAD_CREDENTIALS_ERROR, a realm and a fresh UUID", async () => {
    const refused: Record<string, string>[] = [
      {},
      { Authorization: rig.basic("demo", "wrong") },
      { Authorization: "Bearer stale" },
      { OTDSTicket: "none" },
    ];
    for (const headers of refused) {
      const answer = await rawRequest(`${rig.repository}/cabinets`, "GET", headers);
      answer.status.should.equal(401);
      should(answer.headers["www-authenticate"]).equal('Basic realm="com.emc.documentum.rest"');
      const body = JSON.parse(answer.text);
      body.should.have.properties({ status: 401, code: "E_BAD_CREDENTIALS_ERROR" });
      Object.keys(body).should.eql(["status", "code", "message", "details", "id"]);
      body.id.should.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it("takes Basic, bearer tokens and both spellings of the ticket header", async () => {
    const accepted: Record<string, string>[] = [
      { Authorization: rig.basic() },
      { Authorization: "Bearer good-token" },
      { OTDS_TICKET: "*OTDSSSO*good" },
      { OTDSTicket: "*OTDSSSO*good" },
    ];
    for (const headers of accepted) {
      const answer = await rawRequest(`${rig.repository}/currentuser`, "GET", headers);
      answer.status.should.equal(200);
      JSON.parse(answer.text).properties.user_name.should.equal("demo");
    }
  });

  it("keeps the entry resources open, /repositories behind a switch", async () => {
    for (const path of ["/services", "/product-info", "/repositories"])
      (await rawRequest(rig.ctx + path, "GET", {})).status.should.equal(200);
    rig.set("repositories-need-credentials", true);
    (await rawRequest(`${rig.ctx}/repositories`, "GET", {})).status.should.equal(401);
    (await rawRequest(`${rig.ctx}/services`, "GET", {})).status.should.equal(200);
  });

  it("sends the security headers and the charset with success and failure", async () => {
    for (const path of ["/cabinets", "/documents/090d0cb1ffffffff"]) {
      const { headers } = await rig.get(path);
      should(headers.get("content-type")).equal(`${JSON_TYPE};charset=UTF-8`);
      should(headers.get("x-content-type-options")).equal("nosniff");
      should(headers.get("x-xss-protection")).equal("1; mode=block");
      should(headers.get("cache-control")).equal("no-cache, no-store, max-age=0, must-revalidate");
      should(headers.get("pragma")).equal("no-cache");
      should(headers.get("expires")).equal("0");
      should(headers.get("x-frame-options")).equal("DENY");
    }
  });

  it("answers 404, 405, 406 and 415 in the error shape", async () => {
    for (const [status, answer] of [
      [404, await rig.get("/nothing")],
      [404, await rig.get(`${rig.ctx}/repositories/other/cabinets`)],
      [405, await rig.call("PUT", "/cabinets")],
      [405, await rig.call("PATCH", "/cabinets")],
      [406, await rig.get("/cabinets", { Accept: "image/png" })],
      [415, await rig.call("POST", "/cabinets", { body: "x", headers: { "Content-Type": "text/csv" } })],
    ] as const) {
      answer.status.should.equal(status);
      answer.body.status.should.equal(status);
      answer.body.id.should.be.a.String();
    }
  });

  it("asks for credentials before it tells what exists, and offers no distributed writing", async () => {
    (await rawRequest(`${rig.repository}/nothing`, "GET", {})).status.should.equal(401);
    (await rig.get("/cabinets?require-dc-write=true")).status.should.equal(400);
  });

  it("answers in plain JSON when that alone is asked for", async () => {
    const { headers } = await rig.get("/cabinets", { Accept: "application/json" });
    should(headers.get("content-type")).equal("application/json;charset=UTF-8");
    const both = await rig.get("/cabinets", { Accept: `${JSON_TYPE}, application/json` });
    should(both.headers.get("content-type")).equal(`${JSON_TYPE};charset=UTF-8`);
  });

  it("words faults of the kernel in the same shape", async () => {
    rig.app.faults.set([{ kind: "status", service: "documentum", status: 503, retryAfter: 7, times: 1 }]);
    const answer = await rig.get("/cabinets");
    answer.status.should.equal(503);
    should(answer.headers.get("retry-after")).equal("7");
    answer.body.code.should.match(/^E_/);
  });

  it("suppresses details when the site does", async () => {
    rig.set("error-details", false);
    const answer = await rig.get("/documents/090d0cb1ffffffff");
    answer.body.details.should.equal("");
  });

  describe("client-token mode", () => {
    const login = async () => rawRequest(`${rig.repository}/cabinets`, "GET", { Authorization: rig.basic() });
    beforeEach(() => rig.set("client-token", true));

    it("sets the cookie first, with a comma in Expires, and takes it instead of credentials", async () => {
      const cookie = ((await login()).headers["set-cookie"] as string[])[0] ?? "";
      cookie.should.match(/^DOCUMENTUM-CLIENT-TOKEN=[\w-]+; Expires=[A-Z][a-z]{2}, /);
      const token = cookie.split(";")[0] as string;
      (await rawRequest(`${rig.repository}/currentuser`, "GET", { Cookie: token })).status.should.equal(200);
      const value = token.split("=")[1] as string;
      (await rawRequest(`${rig.repository}/currentuser`, "GET", { "DOCUMENTUM-CLIENT-TOKEN": value })).status.should.equal(200);
    });

    it("demands the CSRF token on changes, in the header or the query", async () => {
      const first = await login();
      const cookie = (first.headers["set-cookie"] as string[])[0]?.split(";")[0] as string;
      const csrf = first.headers["documentum-csrf-token"] as string;
      should(first.headers["documentum-csrf-header-name"]).equal("DOCUMENTUM-CSRF-TOKEN");
      should(first.headers["documentum-csrf-query-name"]).equal("csrf-token");
      csrf.length.should.equal(256);
      const create = (name: string, headers: Record<string, string>, query = "") =>
        rawRequest(
          `${rig.repository}/cabinets${query}`,
          "POST",
          { Cookie: cookie, "Content-Type": JSON_TYPE, ...headers },
          Buffer.from(JSON.stringify({ properties: { object_name: name } })),
        );
      (await create("A", {})).status.should.equal(403);
      (await create("A", { "DOCUMENTUM-CSRF-TOKEN": "wrong" })).status.should.equal(403);
      (await create("A", { "DOCUMENTUM-CSRF-TOKEN": csrf })).status.should.equal(201);
      (await create("B", {}, `?csrf-token=${csrf}`)).status.should.equal(201);
    });

    it("renews a token on use, lets it expire, and flags a stale one", async () => {
      const cookie = ((await login()).headers["set-cookie"] as string[])[0]?.split(";")[0] as string;
      const use = () => rawRequest(`${rig.repository}/currentuser`, "GET", { Cookie: cookie });
      rig.clock += 3000 * 1000;
      (await use()).status.should.equal(200);
      rig.clock += 3000 * 1000;
      (await use()).status.should.equal(200);
      rig.clock += 3601 * 1000;
      const stale = await use();
      stale.status.should.equal(401);
      should(stale.headers.documentum_client_token_error).equal("invalid");
    });

    it("ends the session with logout and with the expire-tokens fault", async () => {
      const cookie = ((await login()).headers["set-cookie"] as string[])[0]?.split(";")[0] as string;
      const out = await rawRequest(`${rig.ctx}/logout`, "GET", { Cookie: cookie });
      out.status.should.equal(302);
      should(out.headers.location).equal(`${rig.ctx}/services`);
      (await rawRequest(`${rig.repository}/currentuser`, "GET", { Cookie: cookie })).status.should.equal(401);
      const other = ((await login()).headers["set-cookie"] as string[])[0]?.split(";")[0] as string;
      rig.app.faults.set([{ kind: "expire-tokens", service: "documentum", times: 1 }]);
      (await rawRequest(`${rig.repository}/currentuser`, "GET", { Cookie: other })).status.should.equal(401);
    });
  });
});
