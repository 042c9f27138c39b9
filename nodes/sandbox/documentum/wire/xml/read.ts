import { SaxesParser } from "saxes";
import { badRequest } from "../failures";
import { LISTS } from "./names";

/** Marks `properties` that came as XML: every value in it is a text, to be read by the type of its attribute. */
export const FROM_XML = Symbol("from xml");

interface Node {
  name: string;
  attributes: Record<string, string>;
  children: Node[];
  text: string;
}

/** Deepest nesting that is read. */
const DEPTH_LIMIT = 64;

/**
 * The object in an XML body, with the members its JSON form has. Throws 400 when it is malformed, has a document type
 * (so there are no entities of its own), or is nested too deeply.
 */
export function readXml(text: string): Record<string, unknown> {
  const { children, attributes } = parse(text);
  const object: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) object[name] = scalar(value);
  for (const [name, value] of membersOf(children)) object[name] = value;
  return object;
}

function parse(text: string): Node {
  const parser = new SaxesParser({ xmlns: false });
  const root: Node = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  parser.on("doctype", () => {
    throw badRequest("A document type in an XML body is not accepted.");
  });
  parser.on("error", () => {
    throw badRequest("The request body is not well-formed XML.");
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (open.length > DEPTH_LIMIT) throw badRequest("The XML body is nested too deeply.");
    const node: Node = { name: localName(name), attributes: own(attributes), children: [], text: "" };
    (open.at(-1) as Node).children.push(node);
    open.push(node);
  });
  const take = (piece: string): void => {
    (open.at(-1) as Node).text += piece;
  };
  parser.on("text", take);
  parser.on("cdata", take);
  parser.on("closetag", () => {
    open.pop();
  });
  parser.write(text).close();
  const [found] = root.children;
  if (!found) throw badRequest("The request body is not well-formed XML.");
  return found;
}

/** Without namespace declarations; `xsi:type="dm:dm_document"` is the member `type`. */
function own(attributes: Record<string, string>): Record<string, string> {
  const kept = Object.entries(attributes).filter(([name]) => !/^xmlns(?::|$)|schemaLocation$/.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [localName(name), /:type$/.test(name) ? localName(value) : value]));
}

function localName(name: string): string {
  return name.replace(/^[^:]*:/, "");
}

/** Elements of one name that come several times are a list, as are the children of an element that holds one. */
function membersOf(children: readonly Node[]): Map<string, unknown> {
  const members = new Map<string, unknown>();
  for (const child of children) {
    const name = child.name === "aspect" ? "aspects" : child.name;
    const value = name === "properties" ? propertiesOf(child) : readNode(child, name);
    const known = members.get(name);
    if (known === undefined) members.set(name, name === "aspects" && !Array.isArray(value) ? [value] : value);
    else members.set(name, [...(Array.isArray(known) ? known : [known]), value]);
  }
  return members;
}

function readNode(node: Node, name: string): unknown {
  const { nil, ...attributes } = node.attributes;
  if (nil === "true") return null;
  if (LISTS.has(name)) return node.children.map((child) => readNode(child, child.name));
  if (node.children.length === 0 && Object.keys(attributes).length === 0) return scalar(node.text);
  const given = Object.entries(attributes).map(([key, value]) => [key, scalar(value)] as const);
  return Object.fromEntries([...given, ...membersOf(node.children)]);
}

/** Attributes with their texts; repeating ones have an `item` a value. */
function propertiesOf(node: Node): Record<string, unknown> {
  const entries = node.children.map((child) => {
    if (child.attributes.nil === "true") return [child.name, null];
    return [child.name, child.children.length > 0 ? child.children.map(({ text }) => text) : child.text];
  });
  return { ...Object.fromEntries(entries), [FROM_XML]: true };
}

function scalar(text: string): string | boolean {
  return text === "true" ? true : text === "false" ? false : text;
}
