import { SaxesParser } from "saxes";
import { DriverDataError } from "./customer";

const DEEPEST = 12;

/** Elements that are lists, and how their children are called; children of other names are refused. */
const LISTS: Record<string, string> = {
  customers: "customer",
  transactions: "transaction",
  address: "line",
  variants: "variant",
  queues: "queue",
  cut: "customer",
};

interface Open {
  name: string;
  text: string;
  fields: Record<string, unknown>;
  items?: unknown[];
}

/**
 * XML driver data as the object its JSON form would be: an element without children is text, the elements in `LISTS`
 * are lists, all others are objects. The root's name is free; prefixes are dropped. No DOCTYPE, so no entities of the
 * sender's. Throws `DriverDataError`.
 */
export function driverTree(xml: string): unknown {
  const parser = new SaxesParser();
  const open: Open[] = [];
  let root: unknown;
  const refuse = (why: string): never => {
    throw new DriverDataError(`XML driver data: ${why}`);
  };
  parser.on("error", (error) => refuse(error.message));
  parser.on("doctype", () => refuse("a DOCTYPE is not taken"));
  parser.on("opentag", (tag) => {
    if (open.length >= DEEPEST) refuse(`elements are nested more than ${DEEPEST} deep`);
    const name = tag.name.slice(tag.name.indexOf(":") + 1);
    open.push({ name, text: "", fields: Object.create(null), items: Object.hasOwn(LISTS, name) ? [] : undefined });
  });
  const text = (part: string) => {
    const current = open.at(-1);
    if (current) current.text += part;
  };
  parser.on("text", text);
  parser.on("cdata", text);
  parser.on("closetag", () => {
    const done = open.pop() as Open;
    const value = contentOf(done);
    const parent = open.at(-1);
    if (!parent) root = value;
    else if (!parent.items) parent.fields[done.name] = value;
    else if (LISTS[parent.name] === done.name) parent.items.push(value);
    else refuse(`'${parent.name}' holds '${done.name}' where '${LISTS[parent.name]}' belongs`);
  });
  parser.write(xml).close();
  return root;
}

function contentOf(element: Open): unknown {
  if (element.items) return element.items.length > 0 || element.text.trim() === "" ? element.items : element.text;
  return Object.keys(element.fields).length > 0 ? element.fields : element.text;
}
