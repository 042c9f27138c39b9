import type { OfferedDestination, TableProblem } from "../core/routing/table";

/** Where a route table lives: the id of its document-ledger node, and its name there. */
export interface TablePlace {
  ledger: string;
  table: string;
}

/** What a running router says of itself. */
export interface RouterOffer {
  /** Id of the document-router node. */
  router: string;
  destinations: OfferedDestination[];
  /** Asked whenever somebody looks: the version the router uses now (none while it has no usable one), and why it is not the newest. */
  state(): { inForce?: number; problems: TableProblem[] };
}

/** All that the running routers of one table offer. */
export interface TableOffer {
  /** Their ids. */
  routers: string[];
  /** Destinations that every router of the table has: only these are safe for a rule. */
  destinations: OfferedDestination[];
  /** The lowest version in use, as a router that lags behind is what an operator must know of. */
  inForce?: number;
  problems: TableProblem[];
}

const offers = new Map<string, Set<RouterOffer>>();

/** A router is there, until the returned function is called (when it closes). */
export function offerDestinations(place: TablePlace, offer: RouterOffer): () => void {
  const key = keyOf(place);
  const ofTable = offers.get(key) ?? new Set();
  offers.set(key, ofTable.add(offer));
  return () => {
    ofTable.delete(offer);
    if (ofTable.size === 0 && offers.get(key) === ofTable) offers.delete(key);
  };
}

/** What the routers of a table offer together; no destinations while none is deployed. */
export function offerOf(place: TablePlace): TableOffer {
  const ofTable = [...(offers.get(keyOf(place)) ?? [])];
  const states = ofTable.map((offer) => offer.state());
  const versions = states.map(({ inForce }) => inForce).filter((version) => version !== undefined);
  return {
    routers: ofTable.map(({ router }) => router),
    destinations: common(ofTable.map(({ destinations }) => destinations)),
    ...(versions.length > 0 ? { inForce: Math.min(...versions) } : {}),
    problems: distinct(states.flatMap(({ problems }) => problems)),
  };
}

/** Names of the tables of a ledger that have a router. */
export function routedTables(ledger: string): string[] {
  return [...offers.keys()].map((key) => JSON.parse(key) as [string, string]).flatMap(([of, table]) => (of === ledger ? [table] : []));
}

function keyOf({ ledger, table }: TablePlace): string {
  return JSON.stringify([ledger, table]);
}

/** Those in every list; a destination owes what any of the routers makes it owe. */
function common(lists: OfferedDestination[][]): OfferedDestination[] {
  const [first = [], ...others] = lists;
  return first.flatMap((destination) => {
    const same = others.map((list) => list.find(({ name }) => name === destination.name));
    if (same.includes(undefined)) return [];
    const targets = [destination, ...same].flatMap((each) => each?.targets ?? []);
    return [{ ...destination, targets: [...new Set(targets)] }];
  });
}

/** Two routers of one table usually have the same trouble with it. */
function distinct(problems: TableProblem[]): TableProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
