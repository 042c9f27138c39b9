import type { Readable } from "node:stream";

/** A tag that has not ended after so many characters is none. */
const LONGEST_TAG = 64 * 1024;
/**
 * A tag, or where a style sheet names a resource. Every alternative begins with another character and is bounded, so the
 * time grows with the length of the page alone.
 */
const PIECE =
  /<([a-z][\w-]*)(?=[\s/>])((?:[^<>"']|"[^"<]{0,8192}"|'[^'<]{0,8192}')*)>|url\(\s{0,8}["']?([^"')\s]{1,8192})|@import\s{1,8}["']([^"']{1,8192})/gi;
const ATTRIBUTE = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;
/** Attributes whose resource a reader loads; `href` only where it is not a link to follow. */
const LOADED = new Set(["src", "background", "poster", "data", "xlink:href"]);

/**
 * Addresses of what an HTML page loads from elsewhere (images, style sheets, scripts, fonts), each once, in their order:
 * `http:`, `https:` and `//host` only. Links to follow are none. Memory does not depend on the size of the page.
 */
export async function externalResources(page: Readable): Promise<string[]> {
  const found = new Set<string>();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of page) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    text = text.slice(taken(text, found));
  }
  taken(text, found);
  return [...found];
}

/** Takes what is whole, and gives where the rest begins. */
function taken(text: string, found: Set<string>): number {
  let end = 0;
  for (const piece of text.matchAll(PIECE)) {
    const [whole, tag, attributes = "", styled, imported] = piece;
    const after = piece.index + whole.length;
    // An address that the end of the text has cut is taken with the next chunk.
    if (tag === undefined && after === text.length) return piece.index;
    if (tag === undefined) add(found, styled ?? imported);
    else inTag(tag.toLowerCase(), attributes, found);
    end = after;
  }
  const open = text.lastIndexOf("<");
  const rest = open >= end ? open : Math.max(end, text.length - 64);
  return text.length - rest > LONGEST_TAG ? text.length : rest;
}

function inTag(tag: string, attributes: string, found: Set<string>): void {
  for (const [, name = "", double, single, bare] of attributes.matchAll(ATTRIBUTE)) {
    const value = double ?? single ?? bare ?? "";
    const attribute = name.toLowerCase();
    if (LOADED.has(attribute) || (attribute === "href" && tag === "link")) add(found, value);
    if (attribute === "srcset") for (const candidate of value.split(",")) add(found, candidate.trim().split(/\s+/)[0]);
    if (attribute === "style") for (const [, , , styled] of value.matchAll(PIECE)) add(found, styled);
  }
}

function add(found: Set<string>, address = ""): void {
  const plain = address.trim().replaceAll("&amp;", "&");
  if (/^(https?:)?\/\//i.test(plain)) found.add(plain);
}
