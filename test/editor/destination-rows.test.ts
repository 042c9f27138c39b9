import should from "should";
import {
  completeDestinations,
  type DestinationRow,
  destinationProblems,
  outputMap,
  savedDestinations,
} from "../../nodes/editor/destination-rows.ts";
import { problem } from "../../nodes/editor/problem.ts";

const good: DestinationRow = { name: "archive", label: "", targets: "documentum,css", way: "output", link: "" };

function found(...rows: Partial<DestinationRow>[]): [row: number, field: string, key: string][] {
  const linkProblem = (id: string) => (id === "there" ? undefined : problem("configGone"));
  return destinationProblems(
    rows.map((row) => ({ ...good, ...row })),
    linkProblem,
  ).map(({ row, field, key }) => [row, field, key]);
}

describe("destinations of the router", () => {
  it("keep the ids of link in nodes beside them, in order, so that Node-RED renews them when a flow is copied", () => {
    const rows: DestinationRow[] = [
      { ...good, name: "a", way: "link", link: "one" },
      { ...good, name: "b" },
      { ...good, name: "c", way: "link", link: "two", label: "C" },
    ];
    const saved = savedDestinations(rows);
    saved.links.should.eql(["one", "two"]);
    for (const destination of saved.destinations) destination.should.not.have.property("link");
    completeDestinations(saved.destinations, saved.links).should.eql(rows);
  });

  it("are complete from nothing", () => {
    completeDestinations([{}], []).should.eql([{ name: "", label: "", targets: "", way: "output", link: "" }]);
    should(completeDestinations([{ way: "link" }], [])[0]?.link).equal("");
  });

  it("are fine with a name, also without receipts, and with a link in node that is there", () => {
    found({}).should.eql([]);
    found({ targets: "" }, { name: "b", way: "link", link: "there" }).should.eql([]);
  });

  it("name every problem with its row and its field", () => {
    found({ name: "" }, { name: "a b" }, {}, {}).should.eql([
      [0, "name", "missing"],
      [1, "name", "destination"],
      [3, "name", "destinationTwice"],
    ]);
    found({ targets: "documentum;css" }).should.eql([[0, "targets", "destinations"]]);
    found({ way: "link", link: "gone" }).should.eql([[0, "link", "configGone"]]);
  });
});

describe("outputs of the router", () => {
  const at = (port: number | undefined, way = "output") => ({ way, port });

  it("keep their wires when destinations are moved", () => {
    outputMap([at(2), at(0), at(1)], 3).should.eql({ 0: 1, 1: 2, 2: 0 });
  });

  it("lose them when destinations are removed or go to a link in node", () => {
    outputMap([at(0), at(2)], 3).should.eql({ 0: 0, 1: -1, 2: 1 });
    outputMap([at(0, "link"), at(1)], 2).should.eql({ 0: -1, 1: 0 });
    outputMap([], 1).should.eql({ 0: -1 });
  });

  it("have keys that are no numbers when they are new", () => {
    const map = outputMap([at(undefined), at(0), at(undefined)], 1);
    should(map["0"]).equal(1);
    const fresh = Object.keys(map).filter((key) => Number.isNaN(Number(key)));
    fresh.map((key) => map[key]).should.eql([0, 2]);
  });
});
