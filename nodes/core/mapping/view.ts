import type { DocbridgeDocument } from "../document";

/** What templates and property paths of mapping rows see: plain data only, names as in `msg.document`. */
export type View = Record<string, unknown>;

/** The view over a document: all of `msg.document`, with the content's facts (hash, size, media type, name) for the content. */
export function documentView(document: DocbridgeDocument): View {
  const { about } = document;
  return { ...document, content: document.content.toJSON(), ...(about ? { about: { ...about, content: about.content.toJSON() } } : {}) };
}

/**
 * The value at a path such as `metadata.accountNumber`; undefined when there is none. Own members only, so that no
 * name reaches a prototype; a member whose own name has dots in it wins over the path through it.
 */
export function lookupPath(view: unknown, path: string): unknown {
  if (typeof view !== "object" || view === null) return undefined;
  if (Object.hasOwn(view, path)) return plainValue((view as View)[path]);
  for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) {
    const head = path.slice(0, dot);
    if (!Object.hasOwn(view, head)) continue;
    const found = lookupPath((view as View)[head], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Undefined, null, blank text (fixed-width sources pad with blanks) and the empty list are no value. */
export function isEmpty(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function plainValue(value: unknown): unknown {
  return typeof value === "function" ? undefined : value;
}
