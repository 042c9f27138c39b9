/** The search for documents as the address of the page keeps it. */
import { DOCUMENT_STATES, type DocumentState } from "../../core/document.ts";
import type { DocumentFilter } from "../../core/ledger/console";

export const searchTexts = ["customer", "job", "batch", "key", "businessKey", "code", "heldBy"] as const;

/** Every value a text, as in the address; times as `datetime-local` fields give them. */
export interface Search {
  states: DocumentState[];
  texts: Partial<Record<(typeof searchTexts)[number], string>>;
  from: string;
  until: string;
}

export function readSearch(query: URLSearchParams): Search {
  const texts: Search["texts"] = {};
  for (const name of searchTexts) {
    const value = query.get(name)?.trim();
    if (value) texts[name] = value;
  }
  const states = (query.get("state") ?? "").split(",");
  return {
    states: DOCUMENT_STATES.filter((state) => states.includes(state)),
    texts,
    from: query.get("from") ?? "",
    until: query.get("until") ?? "",
  };
}

export function searchQuery({ states, texts, from, until }: Search): Record<string, string | undefined> {
  const trimmed = Object.fromEntries(searchTexts.map((name) => [name, texts[name]?.trim()]));
  return { state: states.join(","), ...trimmed, from, until };
}

/** What the API is asked; a time that is none is left out. */
export function searchFilter({ states, texts, from, until }: Search): DocumentFilter {
  const filter: DocumentFilter = { ...texts };
  if (states.length > 0) filter.states = states;
  const [fromAt, untilAt] = [Date.parse(from), Date.parse(until)];
  if (!Number.isNaN(fromAt)) filter.from = fromAt;
  if (!Number.isNaN(untilAt)) filter.until = untilAt;
  return filter;
}
