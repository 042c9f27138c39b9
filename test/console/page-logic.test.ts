/** What the console's page computes, without a browser. */
import should from "should";
import { actionsFor } from "../../nodes/console/ui/action-rules.ts";
import { eventParser } from "../../nodes/console/ui/event-parser.ts";
import { eventText } from "../../nodes/console/ui/event-text.ts";
import { createFormat, knownLocale } from "../../nodes/console/ui/format.ts";
import { createPace, timeToGo } from "../../nodes/console/ui/pace.ts";
import { placeHash, readPlace } from "../../nodes/console/ui/place.ts";
import { readSearch, searchFilter, searchQuery } from "../../nodes/console/ui/search.ts";
import { DOCUMENT_STATES } from "../../nodes/core/document.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe("The console's numbers and times", () => {
  const english = createFormat("en-US");
  const german = createFormat("de");

  it("are written as the language writes them", () => {
    english.number(1234567).should.equal("1,234,567");
    german.number(1234567).should.equal("1.234.567");
    english.compact(9_999).should.equal("9,999");
    english.compact(1_234_567).should.equal("1.2M");
    english.bytes(0).should.equal("0 byte");
    english.bytes(999).should.equal("999 byte");
    english.bytes(1_500).should.equal("1.5 kB");
    english.bytes(23_400_000).should.equal("23 MB");
    german.bytes(1_500).should.equal("1,5 kB");
    english.bytes(5e15).should.equal("5,000 TB");
  });

  it("do not say nothing or everything before it is so", () => {
    english.percent(0).should.equal("0%");
    english.percent(0.0001).should.equal("1%");
    english.percent(0.5).should.equal("50%");
    english.percent(0.9999).should.equal("99%");
    english.percent(1).should.equal("100%");
  });

  it("give a rate by the second, or by the minute where little happens", () => {
    english.rate(312.4).should.eql({ value: "312", per: "second" });
    english.rate(1.25).should.eql({ value: "1.3", per: "second" });
    english.rate(0.5).should.eql({ value: "30", per: "minute" });
    english.rate(0).should.eql({ value: "0", per: "second" });
  });

  it("give a duration by its two largest units", () => {
    english.duration(-5).should.equal("0 s");
    english.duration(300).should.equal("< 1 s");
    english.duration(59 * second).should.equal("59 s");
    english.duration(95 * second).should.equal("1 min 35 s");
    english.duration(2 * hour).should.equal("2 h");
    english.duration(2 * hour + 5 * minute + 40 * second).should.equal("2 h 5 min");
    english.duration(3 * day + 4 * hour).should.equal("3 d 4 h");
    german.duration(5000 * day).should.equal("5.000 d");
  });

  it("say how long ago something was", () => {
    const now = Date.UTC(2026, 1, 2);
    english.relative(now, now).should.equal("now");
    english.relative(now - 90 * second, now).should.equal("1 minute ago");
    english.relative(now - 23 * hour, now).should.equal("23 hours ago");
    english.relative(now - day, now).should.equal("yesterday");
    german.relative(now - 3 * day, now).should.equal("vor 3 Tagen");
    english.relative(now + 5 * minute, now).should.equal("in 5 minutes");
  });

  it("use another locale where the system names one that browsers do not know", () => {
    knownLocale("de-AT", "en").should.equal("de-AT");
    knownLocale("en-US@posix", "en").should.equal("en");
    knownLocale("", "en").should.equal("en");
  });
});

describe("The console's event stream", () => {
  const events = [
    { event: "figures", data: '{"at":1}' },
    { event: "message", data: "two\nlines" },
    { event: "figures", data: "ü" },
  ];
  const text =
    ': hello\n\nevent: figures\ndata: {"at":1}\n\ndata: two\ndata:lines\n\nevent:figures\r\nid: 7\r\ndata: ü\r\n\r\nevent: half\ndata: not yet';

  it("is read whole", () => {
    eventParser()(text).should.eql(events);
  });

  it("is read the same however it is cut", () => {
    for (let size = 1; size < text.length; size += 1) {
      const parse = eventParser();
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
      pieces.flatMap(parse).should.eql(events, `cut every ${size} characters`);
    }
  });

  it("gives no event for comments and for fields without data", () => {
    eventParser()(": still here\n\nevent: figures\n\n\n").should.eql([]);
  });
});

describe("The pace of a batch", () => {
  it("is known once enough was seen", () => {
    const pace = createPace(30 * second);
    should(pace.perSecond()).be.undefined();
    pace.note(0, 0);
    should(pace.perSecond()).be.undefined();
    pace.note(2000, 600);
    should(pace.perSecond()).be.undefined();
    pace.note(4000, 1200);
    should(pace.perSecond()).equal(300);
  });

  it("is that of the last while, so that a stop shows", () => {
    const pace = createPace(10 * second);
    for (let at = 0; at <= 60; at += 1) pace.note(at * second, Math.min(at, 40) * 100);
    should(pace.perSecond()).equal(0);
    const steady = createPace(10 * second);
    for (let at = 0; at <= 60; at += 1) steady.note(at * second, at * at);
    should(steady.perSecond()).equal((60 * 60 - 50 * 50) / 10);
  });

  it("begins anew when the count goes down, and takes the same moment once", () => {
    const pace = createPace(30 * second);
    pace.note(0, 500);
    pace.note(5000, 1000);
    pace.note(6000, 0);
    should(pace.perSecond()).be.undefined();
    pace.note(6000, 10);
    pace.note(10_000, 90);
    should(pace.perSecond()).equal(20);
  });

  it("says how long the rest takes", () => {
    should(timeToGo(3000, 300)).equal(10 * second);
    should(timeToGo(0, undefined)).equal(0);
    should(timeToGo(5, 0)).be.undefined();
    should(timeToGo(5, undefined)).be.undefined();
  });
});

describe("The console's addresses", () => {
  it("name the view, its item and the search", () => {
    const id = "a/b?c#d ü";
    const place = readPlace(placeHash("documents", id, { ledger: "x&y", state: undefined, customer: "" }));
    place.view.should.equal("documents");
    should(place.item).equal(id);
    [...place.query].should.eql([["ledger", "x&y"]]);
    placeHash("live").should.equal("#/live");
  });

  it("take what people make of them", () => {
    readPlace("").should.containEql({ view: "" });
    readPlace("#live").should.containEql({ view: "live" });
    readPlace("#/documents/%").should.containEql({ view: "documents", item: "%" });
    should(readPlace("#/documents/").item).be.undefined();
  });

  it("keep a search as it was entered, and leave out what is none", () => {
    const query = "state=quarantined%2Cnonsense%2Cheld&customer=+C-1+&from=2026-02-01T10%3A00&until=never&ledger=x";
    const search = readSearch(new URLSearchParams(query));
    search.should.eql({ states: ["held", "quarantined"], texts: { customer: "C-1" }, from: "2026-02-01T10:00", until: "never" });
    searchFilter(search).should.eql({ states: ["held", "quarantined"], customer: "C-1", from: new Date(2026, 1, 1, 10).getTime() });
    readSearch(readPlace(placeHash("documents", undefined, searchQuery(search))).query).should.eql(search);
    searchFilter(readSearch(new URLSearchParams())).should.eql({});
  });
});

describe("What the console offers", () => {
  it("fits the state of the documents", () => {
    actionsFor(["quarantined"]).should.eql(["retry", "route-again", "reject"]);
    actionsFor(["conflict"]).should.eql(["accept", "reject"]);
    actionsFor(["closed"]).should.eql(["replay"]);
    actionsFor(["rejected"]).should.eql([]);
    actionsFor(["closed", "conflict"]).should.eql(["accept", "replay", "reject"]);
    actionsFor(DOCUMENT_STATES).should.eql(["retry", "accept", "replay", "route-again", "reject"]);
  });

  it("chooses an event's text by what the event says", () => {
    eventText("intent", { target: "css" }).should.eql({ key: "intent", values: { target: "css" } });
    eventText("intent", { target: "css", after: "doubt" }).key.should.equal("intent.doubt");
    eventText("routed", { rule: "default", version: 1200, destinations: ["a", "b"] }).should.eql({
      key: "routed.default",
      values: { rule: "default", version: "1200", destinations: "a, b" },
    });
    eventText("routed", { rule: "r", again: true }).key.should.equal("routed.again");
    eventText("lifecycle", { tier: null, holds: [] }).should.eql({ key: "lifecycle", values: { tier: "–", holds: "" } });
    eventText("lifecycle", { holds: [], retainUntil: "2036-12-31" }).key.should.equal("lifecycle.retained");
    eventText("lifecycle", { holds: ["M-1", "M-2"], retainUntil: "2036-12-31" }).should.match({
      key: "lifecycle.held",
      values: { holds: "M-1, M-2" },
    });
    eventText("recalled", { etaErrorSeconds: 0 }).key.should.equal("recalled.restored");
    eventText("recall-promised", { eta: "2026-01-01T00:00:00Z" }).key.should.equal("recall-promised.eta");
    eventText("disposition-stopped", { holds: ["M-1"] }).key.should.equal("disposition-stopped.held");
    eventText("constructor", {}).should.eql({ key: "constructor", values: {} });
    eventText("something-new", { x: { y: 1 } }).should.eql({ key: "something-new", values: {} });
  });
});
