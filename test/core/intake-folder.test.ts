import should from "should";
import { type PairingRule, pairUp } from "../../dist/core/intake/sidecars/pairing.js";
import { StabilityTracker } from "../../dist/core/intake/sidecars/stability.js";
import { seeded } from "./intake-support.ts";

const pair = (names: string[], rule: Partial<PairingRule> = {}) => pairUp(names, { rule: "stem", ...rule });
const nothing = { pairs: [], documents: [], sidecars: [], markers: [], folderMarkers: [], waiting: [] };

describe("pairing of documents and sidecars", () => {
  it("goes by stem and by whole name", () => {
    should(pair(["a.pdf", "a.json", "b.pdf", "b.xml", "c.pdf", "c.pdf.xml", "d.html", "d.html.json", "e.pdf", "f.json"])).eql({
      ...nothing,
      pairs: [
        { document: "a.pdf", sidecar: "a.json" },
        { document: "b.pdf", sidecar: "b.xml" },
        { document: "c.pdf", sidecar: "c.pdf.xml" },
        { document: "d.html", sidecar: "d.html.json" },
      ],
      documents: [{ document: "e.pdf" }],
      sidecars: ["f.json"],
    });
  });

  it("prefers the whole name, then the order of endings, and shows the rest as lone", () => {
    const found = pair(["a.pdf", "a.json", "a.xml", "a.pdf.xml"]);
    should(found.pairs).eql([{ document: "a.pdf", sidecar: "a.pdf.xml" }]);
    should(found.sidecars).eql(["a.json", "a.xml"]);
    should(pair(["a.pdf", "a.json", "a.xml"], { sidecarExtensions: [".xml", ".json"] }).pairs).eql([
      { document: "a.pdf", sidecar: "a.xml" },
    ]);
  });

  it("lets variants share a sidecar, and says so", () => {
    should(pair(["a.html", "a.json", "a.pdf"]).pairs).eql([
      { document: "a.html", sidecar: "a.json", sharedSidecar: true },
      { document: "a.pdf", sidecar: "a.json", sharedSidecar: true },
    ]);
    should(pair(["a.html", "a.json", "a.pdf", "a.pdf.json"]).pairs).eql([
      { document: "a.html", sidecar: "a.json" },
      { document: "a.pdf", sidecar: "a.pdf.json" },
    ]);
  });

  it("does not look at files being written, hidden files and markers", () => {
    should(pair(["a.pdf.tmp", ".a.pdf", ".json", "b.TMP"])).eql(nothing);
    should(pair(["a.part", "a.pdf"], { ignoredExtensions: [".part"] }).documents).eql([{ document: "a.pdf" }]);
    should(pair(["a.pdf", "a.done", "run.trigger"])).eql({
      ...nothing,
      documents: [{ document: "a.pdf", marker: "a.done" }],
      folderMarkers: ["run.trigger"],
    });
  });

  it("compares endings without case, and takes others", () => {
    should(pair(["a.PDF", "a.JSON", "a.Done"]).pairs).eql([{ document: "a.PDF", sidecar: "a.JSON", marker: "a.Done" }]);
    should(pair(["a.pdf", "a.meta", "b.json"], { sidecarExtensions: [".meta"] })).containEql({
      pairs: [{ document: "a.pdf", sidecar: "a.meta" }],
      documents: [{ document: "b.json" }],
    });
    should(pair(["a", "a.json"]).pairs).eql([{ document: "a", sidecar: "a.json" }]);
  });

  it("waits for the marker of a document or of the folder where one is needed", () => {
    const names = ["a.pdf", "a.json", "a.done", "b.pdf", "b.xml", "b.pdf.done", "c.pdf", "c.xml", "d.xml", "e.xml", "e.done", "f.done"];
    should(pair(names, { needsMarker: true })).eql({
      pairs: [
        { document: "a.pdf", sidecar: "a.json", marker: "a.done" },
        { document: "b.pdf", sidecar: "b.xml", marker: "b.pdf.done" },
      ],
      documents: [],
      sidecars: ["e.xml"],
      markers: ["e.done", "f.done"],
      folderMarkers: [],
      waiting: ["c.pdf", "c.xml", "d.xml"],
    });
    const all = pair([...names, "x.trigger"], { needsMarker: true });
    should(all.waiting).eql([]);
    should(all.pairs).have.length(3);
    should(all.folderMarkers).eql(["x.trigger"]);
    const custom = { needsMarker: true, markers: { document: [".ok"], folder: [".go"] } };
    should(pair(["a.pdf", "a.ok", "b.done"], custom).documents).eql([{ document: "a.pdf", marker: "a.ok" }]);
    should(pair(["a.pdf", "a.go"], custom).documents).eql([{ document: "a.pdf" }]);
  });

  it("loses no name, whatever lies in the folder", () => {
    const endings = [".pdf", ".html", ".json", ".xml", ".pdf.json", ".done", ".pdf.done", ".trigger", "", ".tmp"];
    for (let seed = 1; seed <= 500; seed++) {
      const random = seeded(seed);
      const names = [
        ...new Set(Array.from({ length: random.below(25) }, () => `${"abc"[random.below(3)]}${endings[random.below(endings.length)]}`)),
      ];
      const found = pair(names, { needsMarker: random.below(2) === 1 });
      const documents = [...found.pairs, ...found.documents];
      const told = new Set([
        ...documents.flatMap(({ document, sidecar, marker }) => [document, sidecar, marker]),
        ...found.sidecars,
        ...found.markers,
        ...found.folderMarkers,
        ...found.waiting,
      ]);
      const missed = names.filter((name) => !told.has(name) && !name.endsWith(".tmp") && !name.endsWith(".done"));
      should(missed).eql([], `seed ${seed}`);
      should(documents.filter(({ document }) => found.waiting.includes(document))).eql([]);
    }
  });
});

describe("stability of files", () => {
  const file = (name: string, size: number, mtimeMs = 1) => ({ name, size, mtimeMs });

  it("is so many polls on end with the same size and time", () => {
    const tracker = new StabilityTracker(3);
    should(tracker.observe([file("a", 1)])).eql([]);
    should(tracker.observe([file("a", 1)])).eql([]);
    should(tracker.observe([file("a", 1)])).eql(["a"]);
    should(tracker.observe([file("a", 1)])).eql(["a"]);
    should(tracker.observe([file("a", 2)])).eql([]);
    should(tracker.observe([file("a", 2, 5)])).eql([]);
    should(tracker.observe([file("a", 2, 5), file("b", 1)])).eql([]);
    should(tracker.observe([file("a", 2, 5), file("b", 1)])).eql(["a"]);
  });

  it("begins again for a file that was away", () => {
    const tracker = new StabilityTracker(2);
    tracker.observe([file("a", 1)]);
    tracker.observe([]);
    should(tracker.observe([file("a", 1)])).eql([]);
    should(tracker.observe([file("a", 1)])).eql(["a"]);
  });

  it("is at first sight with one poll, and needs at least one", () => {
    should(new StabilityTracker(1).observe([file("a", 0)])).eql(["a"]);
    for (const polls of [0, 1.5, Number.NaN]) should(() => new StabilityTracker(polls)).throw(RangeError);
  });
});
