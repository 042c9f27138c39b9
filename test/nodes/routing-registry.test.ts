import should from "should";
import type { OfferedDestination, TableProblem } from "../../dist/core/routing/table.js";
import { offerDestinations, offerOf, routedTables } from "../../dist/runtime/routing-registry.js";

const place = { ledger: "l", table: "t" };
const destination = (name: string, ...targets: string[]): OfferedDestination => ({ name, label: name.toUpperCase(), targets });
const problem: TableProblem = { severity: "error", code: "destination-unknown", values: {}, message: "It is not there." };
const offer = (router: string, destinations: OfferedDestination[], inForce: number | undefined, problems: TableProblem[] = []) =>
  offerDestinations(place, { router, destinations, state: () => ({ ...(inForce === undefined ? {} : { inForce }), problems }) });

describe("What the routers of a table offer together", () => {
  it("is nothing without routers", () => {
    should(offerOf(place)).eql({ routers: [], destinations: [], problems: [] });
    should(routedTables("l")).eql([]);
  });

  it("is what each of them has, the version that lags behind, and every problem once", () => {
    const withdraw = [
      offer("r1", [destination("a", "x"), destination("b", "y")], 3, [problem]),
      offer("r2", [destination("b", "z"), destination("c")], 2, [problem]),
      offer("r3", [destination("b")], undefined),
    ];
    const elsewhere = offerDestinations({ ledger: "m", table: "t" }, { router: "r4", destinations: [], state: () => ({ problems: [] }) });
    try {
      should(offerOf(place)).eql({
        routers: ["r1", "r2", "r3"],
        destinations: [destination("b", "y", "z")],
        inForce: 2,
        problems: [problem],
      });
      should(routedTables("l")).eql(["t"]);
      withdraw[1]?.();
      should(offerOf(place)).match({ routers: ["r1", "r3"], inForce: 3 });
    } finally {
      for (const take of [...withdraw, elsewhere]) take();
    }
    should(offerOf(place).routers).eql([]);
    should(routedTables("m")).eql([]);
  });
});
