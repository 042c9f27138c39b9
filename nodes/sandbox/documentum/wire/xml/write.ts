import { ATOM, attributesOf, DM, itemName, rootOf, XSI } from "./names";

type Members = Record<string, unknown>;

/** A number as the JSON text has it: `9689.0` must not become `9689`. */
class NumberText {
  constructor(readonly text: string) {}
}

/** XML text of a JSON reply, and whether it is an Atom feed. `path` is the address below the context root. */
export function xmlOf(json: string, path: string): { text: string; isFeed: boolean } {
  const value = parse(json) as Members;
  const isFeed = "items-per-page" in value;
  const body = isFeed ? feedText(value) : resourceText(value, path);
  return { text: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`, isFeed };
}

/** XML text of an error or another object without address. */
export function xmlElement(name: string, json: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(name, parse(json), ` xmlns="${DM}" xmlns:xsi="${XSI}"`)}`;
}

function parse(json: string): unknown {
  // The third argument, with the source text, is not in TypeScript's declarations yet.
  const keepText = (_key: string, value: unknown, context?: { source: string }): unknown =>
    typeof value === "number" && context ? new NumberText(context.source) : value;
  return JSON.parse(json, keepText as (key: string, value: unknown) => unknown);
}

/** A resource is named by its `name` when it has `properties`, otherwise by its address. */
function resourceText(value: Members, path: string): string {
  if ("resources" in value) return homeText(value.resources as Members);
  const named = "properties" in value && typeof value.name === "string" && !Array.isArray(value.properties);
  return namedText(value, named ? String(value.name) : rootOf(path), named);
}

/** `type` and `definition` are attributes, as the object's XML type and where it is described. */
function namedText(value: Members, root: string, named: boolean): string {
  const { type, definition, "json-root": _root, "content-type": _media, src: _src, ...rest } = value;
  const kept = named ? withoutName(rest) : { ...rest, ...(type === undefined ? {} : { type }) };
  const typed = named && typeof type === "string" ? ` xsi:type="dm:${escaped(type)}"` : "";
  const defined = typeof definition === "string" ? ` definition="${escaped(definition)}"` : "";
  return element(root, kept, ` xmlns="${DM}" xmlns:dm="${DM}" xmlns:xsi="${XSI}"${typed}${defined}`);
}

function withoutName({ name: _name, ...rest }: Members): Members {
  return rest;
}

function homeText(resources: Members): string {
  const items = Object.entries(resources).map(([rel, resource]) => {
    const { href, hints } = resource as { href: string; hints: { allow: string[] } };
    const allow = hints.allow.map((method) => `<allow>${method}</allow>`).join("");
    return `<resource rel="${escaped(rel)}"><link href="${escaped(href)}"/><hints>${allow}</hints></resource>`;
  });
  return `<resources xmlns="${DM}">${items.join("")}</resources>`;
}

const OF_ATOM = new Set(["id", "title", "updated", "published", "summary"]);

function feedText(feed: Members): string {
  const { entries = [], links = [], author = [], ...rest } = feed;
  const text = `${atomMembers(rest)}${people(author)}${atomLinks(links)}${(entries as Members[]).map(entryText).join("")}`;
  return `<feed xmlns="${ATOM}" xmlns:dm="${DM}" xmlns:xsi="${XSI}">${text}</feed>`;
}

function entryText(entry: Members): string {
  const { links = [], author = [], content, ...rest } = entry;
  return `<entry>${atomMembers(rest)}${people(author)}${atomLinks(links)}${content ? contentText(content as Members) : ""}</entry>`;
}

/** Members that Atom does not have are in the vendor's namespace. */
function atomMembers(members: Members): string {
  return Object.entries(members)
    .map(([name, value]) => element(OF_ATOM.has(name) ? name : `dm:${name}`, value))
    .join("");
}

function people(authors: unknown): string {
  return (authors as Members[]).map((author) => element("author", author)).join("");
}

function atomLinks(links: unknown): string {
  return (links as Members[]).map((link) => element("link", link)).join("");
}

/** A reference, or the resource itself. */
function contentText(content: Members): string {
  const src = typeof content.src === "string" ? ` src="${escaped(content.src)}"` : "";
  const isReference = Object.keys(content).every((name) => name === "type" || name === "src");
  const head = `<content type="application/vnd.emc.documentum+xml"${src}`;
  if (isReference) return `${head}/>`;
  const root = typeof content["json-root"] === "string" ? content["json-root"] : undefined;
  const path = String(content.src ?? "").replace(/\?.*$/s, "");
  return `${head}>${namedText(content, root ?? rootOf(path), root !== undefined)}</content>`;
}

function element(name: string, value: unknown, attributes = ""): string {
  if (value === null || value === undefined) return `<${name}${attributes} xsi:nil="true"/>`;
  if (Array.isArray(value)) {
    const item = name === "properties" || !isPlainName(name) ? "item" : itemName(name.replace(/^dm:/, ""));
    return `<${name}${attributes}>${value.map((one) => element(item, one)).join("")}</${name}>`;
  }
  if (typeof value === "object" && !(value instanceof NumberText)) return objectText(name, value as Members, attributes);
  const text = value instanceof NumberText ? value.text : String(value);
  return text === "" ? `<${name}${attributes}/>` : `<${name}${attributes}>${escaped(text)}</${name}>`;
}

function objectText(name: string, members: Members, attributes: string): string {
  const asAttributes = attributesOf(name);
  let head = attributes;
  let body = "";
  for (const [member, value] of Object.entries(members)) {
    if (asAttributes.includes(member)) head += ` ${member}="${escaped(value instanceof NumberText ? value.text : String(value))}"`;
    else if (name === "properties" && Array.isArray(value))
      body += `<${member}>${value.map((one) => element("item", one)).join("")}</${member}>`;
    else body += element(isPlainName(member) ? member : "item", value);
  }
  return body === "" ? `<${name}${head}/>` : `<${name}${head}>${body}</${name}>`;
}

/** Columns of a query may be called anything, for example `count(*)`. */
function isPlainName(name: string): boolean {
  return /^(?:dm:)?[A-Za-z_][\w.-]*$/.test(name);
}

/** Characters that XML cannot carry are left out. */
function escaped(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");
}
