import should from "should";
import type { BatchSummary, FailureGroup } from "../../dist/core/ledger/console.js";
import { PDF_HEADERS } from "../nodes/deliveries.ts";
import { sha256, someBytes, until } from "../nodes/values.ts";
import { ConsoleRig, consoleFlow, eventsOf, LEDGER } from "./rig.ts";

const from = (customer: string, more: Record<string, string> = {}) => ({
  ...PDF_HEADERS,
  "X-Exstream-Customer-Number": customer,
  ...more,
});

describe("The console's API, when nobody has to sign in", function () {
  this.timeout(60_000);
  // The editor elsewhere and open to other origins: what the guard has to stand up to.
  const rig = new ConsoleRig(() => ({
    flows: consoleFlow(),
    httpAdminRoot: "/red",
    settings: { httpAdminCors: { origin: "*", methods: "GET,PUT,POST,DELETE", allowedHeaders: "*" } },
  }));
  const bytes = someBytes();
  let closed: string;
  let quarantined: string;
  let held: string;
  before(async () => {
    should(await rig.post("/holds", { destination: "later", why: "the archive moves" })).match({ status: 200, json: {} });
    closed = await rig.deliver("closed", from("1"), bytes);
    quarantined = await rig.deliver("quarantined", from("2"), someBytes());
    held = await rig.deliver("held", from("3"), someBytes());
    await rig.inState(closed, "closed");
    await rig.inState(quarantined, "quarantined");
    await rig.inState(held, "held");
  });

  it("tells who asks and which ledgers there are", async () => {
    const { status, json, headers } = await rig.ask("/api/session");
    status.should.equal(200);
    json.should.have.properties({ canWrite: true, ledgers: [{ id: LEDGER, name: "Main" }] });
    json.should.not.have.property("user");
    json.version.should.match(/^\d+\.\d+\.\d+$/);
    headers.should.have.properties({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    });
  });

  it("counts: figures, throughput, batches, failures, and the short form for scripts", async () => {
    const { json: figures } = await rig.api("/figures");
    figures.byState.should.have.properties({ closed: 1, quarantined: 1, held: 1 });
    figures.holds.should.match([{ destination: "later", who: "anonymous", why: "the archive moves", documents: 1, inForce: true }]);
    const { json: points } = await rig.api("/throughput?hours=1");
    points.length.should.be.within(60, 61);
    points.reduce((sum: number, { received }: { received: number }) => sum + received, 0).should.equal(3);
    const batches = (await rig.api("/batches?limit=5")).json as BatchSummary[];
    should(batches.map(({ id, documents }) => [id, documents])).eql([["job-1", 3]]);
    const failures = (await rig.api("/failures")).json as FailureGroup[];
    should(failures.map(({ state, code, documents }) => [state, code, documents])).eql([["quarantined", "connection-refused", 1]]);
    const { json: short } = await rig.ask(`/ledgers/${LEDGER}`);
    short.byState.should.eql(figures.byState);
    short.spool.usedBytes.should.equal(6000);
  });

  it("finds documents by what is asked for, page by page", async () => {
    const ids = async (query: string) => (await rig.documents(query)).documents.map(({ id }) => id);
    (await ids("")).should.eql([held, quarantined, closed]);
    (await ids("state=closed,held")).should.eql([held, closed]);
    (await ids("customer=2")).should.eql([quarantined]);
    (await ids("code=connection-refused")).should.eql([quarantined]);
    (await ids("heldBy=later")).should.eql([held]);
    (await ids(`key=${closed}`)).should.eql([closed]);
    (await ids(`until=${Date.now() - 3_600_000}`)).should.eql([]);
    (await ids("customer=nobody")).should.eql([]);
    const first = await rig.documents("limit=2");
    should(first.documents.map(({ id }) => id)).eql([held, quarantined]);
    should(await ids(`limit=2&after=${encodeURIComponent(String(first.next))}`)).eql([closed]);
  });

  it("shows one document with its timeline and gives its bytes", async () => {
    const detail = await rig.inState(closed, "closed");
    detail.document.should.have.properties({ id: closed, state: "closed" });
    detail.hasBytes.should.equal(true);
    detail.events.length.should.be.above(1);
    should(detail.brokenAt).equal(undefined);
    const content = await rig.api(`/documents/${closed}/content`);
    content.status.should.equal(200);
    sha256(content.bytes).should.equal(sha256(bytes));
    content.headers["content-length"]?.should.equal(String(bytes.length));
    content.headers["content-disposition"]?.should.match(/^inline; filename="statement.pdf"/);
  });

  const wrong: [string, string, number, RegExp][] = [
    ["limit", "/documents?limit=x", 400, /'limit' must be a whole number from 1 to 500/],
    ["limit", "/documents?limit=501", 400, /'limit'/],
    ["state", "/documents?state=closed,gone", 400, /'state' must be one or more of received/],
    ["customer, given twice", "/documents?customer=1&customer=2", 400, /'customer' must be given once/],
    ["customer, as a list", "/documents?customer[]=1", 400, /'customer' must be given once/],
    ["from", "/documents?from=yesterday", 400, /'from'/],
    ["customer, endless", `/documents?customer=${"9".repeat(600)}`, 400, /'customer' must be a text of 1 to 500/],
    ["after", "/documents?after=nonsense", 400, /./],
    ["hours", "/throughput?hours=-1", 400, /'hours'/],
    ["limit of batches", "/batches?limit=1e9", 400, /'limit'/],
    ["before", "/audit?before=0", 400, /'before'/],
    ["document", "/documents/none", 404, /no document/],
    ["document of bytes", "/documents/none/content", 404, /no document/],
    ["table", "/tables/none", 404, /route table/],
  ];
  for (const [name, path, status, text] of wrong) {
    it(`names what is wrong in a request: ${name}`, async () => {
      const reply = await rig.api(path);
      reply.status.should.equal(status);
      reply.json.message.should.match(text);
      reply.json.code.should.match(/^[a-z-]+$/);
      Object.keys(reply.json).should.eql(["code", "message"]);
    });
  }

  it("knows only ledgers", async () => {
    for (const id of ["none", "archive", "closed", "tab", "__proto__"]) {
      should(await rig.ask(`/api/ledgers/${id}/figures`)).match({ status: 404, json: { code: "not-found" } });
    }
  });

  const badActions: [string, unknown, RegExp][] = [
    ["no body", {}, /'action' must be one of retry/],
    ["an unknown action", { action: "delete", selection: { ids: ["a"] }, why: "x" }, /'action'/],
    ["no selection", { action: "retry", why: "x" }, /'selection'/],
    ["ids and a filter", { action: "retry", selection: { ids: ["a"], filter: {} }, why: "x" }, /'selection' must have either/],
    ["no ids", { action: "retry", selection: { ids: [] }, why: "x" }, /'selection.ids'/],
    [
      "too many ids",
      { action: "retry", selection: { ids: Array.from({ length: 10_001 }, (_, at) => `${at}`) }, why: "x" },
      /'selection.ids'/,
    ],
    ["ids that are none", { action: "retry", selection: { ids: [{}] }, why: "x" }, /'selection.ids'/],
    ["a filter nobody knows", { action: "retry", selection: { filter: { costumer: "2" } }, why: "x" }, /'costumer' is no condition/],
    ["a bad state", { action: "retry", selection: { filter: { states: ["x"] } }, why: "x" }, /'filter.states'/],
    ["a list", [], /'body' must be a JSON object/],
    ["no why", { action: "reject", selection: { ids: ["a"] } }, /'why' must be a text of 1 to 500 characters/],
    ["a blank why", { action: "reject", selection: { ids: ["a"] }, why: " " }, /'why'/],
    ["a novel for a why", { action: "reject", selection: { ids: ["a"] }, why: "x".repeat(501) }, /'why'/],
  ];
  for (const [name, body, text] of badActions) {
    it(`refuses an action with ${name}`, async () => {
      should(await rig.post("/actions", body)).match({ status: 400, json: { code: "invalid-request", message: text } });
    });
  }

  it("says what an action would do, does it, and enters it in the audit log", async () => {
    const selection = { filter: { states: ["quarantined"], customer: "2" } };
    should((await rig.post("/actions/preview", { action: "retry", selection })).json).eql({ documents: 1, passedOver: 0 });
    should((await rig.post("/actions/preview", { action: "retry", selection: { ids: [quarantined, closed] } })).json).eql({
      documents: 1,
      passedOver: 1,
    });
    const before = (await rig.inState(quarantined, "quarantined")).document.attempt;
    should((await rig.post("/actions", { action: "retry", selection, why: "  the archive is back " })).json.documents).equal(1);
    await until("it was tried again", async () => (await rig.inState(quarantined, "quarantined")).document.attempt > before);

    const { json } = await rig.api("/audit?limit=1");
    json.entries.should.match([{ who: "anonymous", action: "retry", why: "the archive is back" }]);
    json.should.not.have.property("brokenAt");
    const [newest] = json.entries;
    should((await rig.api(`/audit?before=${newest.seq}`)).json.entries.map(({ action }: { action: string }) => action)).eql(["hold"]);
  });

  it("shows which asset versions the run of a batch used", async () => {
    should((await rig.api("/batches/job-1/assets")).json).eql({});
    const ledger = await rig.otherWorker();
    const asset = { id: "a", version: 3, type: "image", name: "Logo", state: "APPROVED", approvedBy: "alice" };
    await ledger.keepRunAssets("job-1", [asset], { who: "flow", why: "" });
    await ledger.close();
    should((await rig.api("/batches/job-1/assets")).json.run).match({ batch: "job-1", isIntact: true, assets: [asset] });
  });

  it("holds and releases a destination", async () => {
    for (const bad of [{ why: "x" }, { destination: "later" }, { destination: " ", why: "x" }]) {
      (await rig.post("/holds", bad)).status.should.equal(400);
      (await rig.post("/holds/release", bad)).status.should.equal(400);
    }
    for (const perSecond of [0, -1, "3", 1e9]) {
      should(await rig.post("/holds/release", { destination: "later", why: "x", perSecond })).match({
        status: 400,
        json: { message: /'perSecond'/ },
      });
    }
    should((await rig.api("/holds")).json).match([{ destination: "later", documents: 1 }]);
    should((await rig.post("/holds/release", { destination: "later", why: "moved", perSecond: 100 })).json).eql({ documents: 1 });
    should((await rig.api("/holds")).json).eql([]);
    // It went on, and met the archive that is not there.
    await rig.inState(held, "quarantined");
  });

  it("refuses what another site could make a browser send", async () => {
    const body = JSON.stringify({ action: "reject", selection: { ids: [quarantined] }, why: "by a stranger" });
    const ours = { "Content-Type": "application/json", "X-Docbridge": "console" };
    const host = new URL(rig.nodeRed.url).host;
    const strangers: Record<string, string>[] = [
      { ...ours, "X-Docbridge": "" },
      { ...ours, "X-Docbridge": "other" },
      { ...ours, "Content-Type": "text/plain" },
      { ...ours, "Content-Type": "application/x-www-form-urlencoded" },
      { ...ours, "Content-Type": "" },
      { ...ours, Origin: "https://evil.example" },
      { ...ours, Origin: "null" },
      { ...ours, Origin: `http://${host}.evil.example` },
      { ...ours, "Sec-Fetch-Site": "cross-site" },
      { ...ours, "Sec-Fetch-Site": "same-site", Origin: `http://${host}` },
      { ...ours, "Sec-Fetch-Site": "none" },
    ];
    for (const headers of strangers) {
      const reply = await rig.send(`/api/ledgers/${LEDGER}/actions`, "POST", headers, body);
      should(reply).match({ status: 403, json: { code: "foreign-request", message: /was not carried out/ } });
    }
    (await rig.inState(quarantined, "quarantined")).document.state.should.equal("quarantined");
    // What a page of this Node-RED sends, directly and behind a proxy.
    const preview = JSON.stringify({ action: "reject", selection: { ids: [quarantined] } });
    const pages: Record<string, string>[] = [
      { ...ours, Origin: `http://${host}` },
      { ...ours, Origin: "https://public.example", "X-Forwarded-Host": "public.example" },
      { ...ours, Origin: "https://public.example", "Sec-Fetch-Site": "same-origin" },
    ];
    for (const headers of pages) {
      (await rig.send(`/api/ledgers/${LEDGER}/actions/preview`, "POST", headers, preview)).status.should.equal(200);
    }
  });

  it("refuses a body that is too large", async () => {
    const body = { action: "retry", selection: { ids: ["x"] }, why: "y".repeat(4 * 1024 * 1024) };
    should(await rig.post("/actions", body)).match({ status: 413, json: { code: "body-too-large" } });
  });

  it("streams figures when something changes, one computation for all listeners", async () => {
    const url = `${rig.nodeRed.adminUrl}/docbridge/api/ledgers/${LEDGER}/stream`;
    const stop = new AbortController();
    const listeners = [1, 2].map(() => eventsOf(url, {}, stop.signal));
    const next = async (events: (typeof listeners)[number]) => {
      const { value } = await events.next();
      should(value?.event).equal("figures");
      return value?.data;
    };
    const first = await Promise.all(listeners.map(next));
    const { closed: known } = first[0].byState;
    await rig.deliver("closed", from("4"), someBytes());
    const [one, two] = await Promise.all(
      listeners.map(async (events) => {
        for (;;) {
          const figures = await next(events);
          if (figures.byState.closed > known) return figures;
        }
      }),
    );
    should(one.byState.closed).equal(known + 1);
    should(one).have.properties(["holds", "destinations", "waiting", "at"]);
    // Word for word the same, with the time they were taken.
    should(two).eql(one);
    stop.abort();
  });

  it("streams what another worker of the same ledger changes", async () => {
    const stop = new AbortController();
    const events = eventsOf(`${rig.nodeRed.adminUrl}/docbridge/api/ledgers/${LEDGER}/stream`, {}, stop.signal);
    should((await events.next()).value?.data.holds).eql([]);
    const worker = await rig.otherWorker();
    try {
      await worker.routing.hold("later", { who: "somebody", why: "on another machine" });
      const heldBy = async () => (await events.next()).value?.data.holds;
      await until("the hold is told", async () => (await heldBy())?.[0]?.who === "somebody");
      await worker.routing.releaseHold("later", { who: "somebody", why: "over" });
      await until("its end is told", async () => (await heldBy())?.length === 0);
    } finally {
      await worker.close();
      stop.abort();
    }
  });

  it("ends the stream when the ledger is deployed anew, and serves the new one", async () => {
    const url = `${rig.nodeRed.adminUrl}/docbridge/api/ledgers/${LEDGER}/stream`;
    const events = eventsOf(url, {}, AbortSignal.timeout(30_000));
    (await events.next()).value?.event?.should.equal("figures");
    await rig.deploy();
    for (let last = await events.next(); !last.done; ) last = await events.next();
    const again = eventsOf(url, {}, AbortSignal.timeout(30_000));
    should((await again.next()).value?.data.byState.closed).equal(2);
    await again.return(undefined);
    rig.nodeRed.logs.filter((line) => /\[error\]|Uncaught/.test(line) && !line.includes("127.0.0.1:1")).should.eql([]);
  });
});
