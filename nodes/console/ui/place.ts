/** Where in the console a person is, as the address says after `#`: `#/documents/<id>?ledger=...`. */
export interface Place {
  view: string;
  /** Which one of the view's things, when one is open. */
  item?: string;
  query: URLSearchParams;
}

export function readPlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", ...rest] = path.split("/");
  const item = rest.join("/");
  return { view: decoded(view), ...(item === "" ? {} : { item: decoded(item) }), query: new URLSearchParams(query) };
}

/** Properties without a value are left out of the address. */
export function placeHash(view: string, item?: string, query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "");
  const search = new URLSearchParams(given).toString();
  const path = item === undefined ? view : `${view}/${encodeURIComponent(item)}`;
  return `#/${path}${search === "" ? "" : `?${search}`}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
