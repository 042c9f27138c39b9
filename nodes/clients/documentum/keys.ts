import { Gatherer } from "../http/gatherer";
import { dqlName, dqlQuote } from "./dql";
import type { DocumentumObject } from "./objects";

/** Where a key is looked for. */
export interface KeyPlace {
  type: string;
  attribute: string;
  allVersions: boolean;
}

/** Keys of one query. A key of ours has 64 characters, and a query must fit into an address. */
const KEYS = 60;
/** Documents that met the same broken connection come back over some time; a key probe is never in a hurry. */
const LINGER_MS = 40;

/**
 * Looks up keys that many documents ask for at nearly the same time with one query: after a broken connection or a crash
 * every document under way does.
 */
export class KeyProbes {
  readonly #query: (dql: string) => Promise<DocumentumObject[]>;
  readonly #columns: readonly string[];
  readonly #places = new Map<string, Gatherer<string, DocumentumObject[]>>();

  /** `query` gives the objects of a SELECT. */
  constructor(query: (dql: string) => Promise<DocumentumObject[]>, columns: readonly string[]) {
    this.#query = query;
    this.#columns = columns;
  }

  find(place: KeyPlace, key: string): Promise<DocumentumObject[]> {
    const name = `${place.type} ${place.attribute} ${place.allVersions}`;
    const gatherer =
      this.#places.get(name) ?? new Gatherer((keys: string[]) => this.#look(place, keys), { size: KEYS, lingerMs: LINGER_MS });
    this.#places.set(name, gatherer);
    return gatherer.run(key);
  }

  async #look({ type, attribute, allVersions }: KeyPlace, keys: string[]): Promise<DocumentumObject[][]> {
    const columns = [...new Set([...this.#columns, dqlName(attribute)])].join(", ");
    const wanted = [...new Set(keys)].map(dqlQuote);
    const test = wanted.length === 1 ? `=${wanted[0]}` : ` in (${wanted.join(", ")})`;
    const found = await this.#query(
      `select ${columns} from ${dqlName(type)}${allVersions ? " (all)" : ""} where ${dqlName(attribute)}${test}`,
    );
    return keys.map((key) => found.filter(({ properties }) => properties[attribute] === key));
  }
}
