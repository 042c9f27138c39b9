import type { DocbridgeError } from "../../errors";
import type { FactsBuilder } from "../facts";
import { GROUPS, knownField } from "../well-known";

export interface XmlFactsOptions {
  depth: number;
  text: number;
  refuse: (what: string) => DocbridgeError;
}

/** An element without child elements: its name and text. */
interface Leaf {
  name: string;
  text: string;
}

interface Element {
  name: string;
  attributes: [name: string, value: string][];
  text: string;
  hasChildren: boolean;
  /** The nearest `key` or `attr` element around or at this one; it takes the leaves below it. */
  named?: { leaves: Leaf[] };
}

/**
 * Makes facts of the elements of an XML sidecar, whatever its structure:
 * - a leaf element is metadata under its name, a repeated one a list; blanks around its text are left out
 * - names of the default sidecar (jobId, queueName, `communication/id`, `file/sha256` ...) fill their facts at any depth
 * - `<key name="X">v</key>` and `<attr name="X"><value>v</value></attr>` (the name may also be a child `name`) are
 *   metadata X; all leaves below are its values
 * - attributes of the root are metadata under their names (MDAS' `entity`, `ACL`), those of other elements under
 *   `element@attribute`
 */
export class XmlFacts {
  readonly #facts: FactsBuilder;
  readonly #options: XmlFactsOptions;
  readonly #open: Element[] = [];

  constructor(facts: FactsBuilder, options: XmlFactsOptions) {
    this.#facts = facts;
    this.#options = options;
  }

  open(qualifiedName: string, attributes: Record<string, string>): void {
    const { depth, refuse } = this.#options;
    if (this.#open.length >= depth) throw refuse(`is nested deeper than ${depth} levels`);
    const parent = this.#open.at(-1);
    if (parent) parent.hasChildren = true;
    const name = localName(qualifiedName);
    const named = /^(key|attr)$/i.test(name) ? { leaves: [] } : parent?.named;
    this.#open.push({ name, attributes: ownAttributes(attributes), text: "", hasChildren: false, named });
    for (const [, value] of Object.entries(attributes)) this.#checkLength(value);
  }

  text(text: string): void {
    const element = this.#open.at(-1);
    if (!element) return;
    element.text += text;
    this.#checkLength(element.text);
  }

  close(): void {
    const element = this.#open.pop();
    if (!element) return;
    const text = element.text.trim();
    const isNamed = element.named !== undefined && element.named !== this.#open.at(-1)?.named;
    if (isNamed) this.#closeNamed(element, text);
    else if (element.named) this.#closeInside(element.named.leaves, element, text);
    else this.#closePlain(element, text);
  }

  #closePlain(element: Element, text: string): void {
    for (const [attribute, value] of element.attributes) this.#attribute(element.name, attribute, value);
    for (const leaf of leavesOf(element, text)) this.#leaf(leaf);
  }

  #closeInside(leaves: Leaf[], element: Element, text: string): void {
    for (const [attribute, value] of element.attributes) this.#facts.add(`${element.name}@${attribute}`, value);
    leaves.push(...leavesOf(element, text));
  }

  #closeNamed(element: Element, text: string): void {
    const leaves = element.named?.leaves ?? [];
    const byAttribute = element.attributes.find(([attribute]) => attribute === "name");
    const byChild = byAttribute ? undefined : leaves.find((leaf) => leaf.name.toLowerCase() === "name");
    const name = byAttribute?.[1].trim() || byChild?.text;
    if (!name) {
      for (const leaf of leaves) this.#leaf(leaf);
      this.#closePlain(element, text);
      return;
    }
    const values = leaves.filter((leaf) => leaf !== byChild).map((leaf) => leaf.text);
    for (const [attribute, value] of element.attributes) {
      if (attribute === "value") values.push(value);
      else if (attribute !== "name") this.#facts.add(`${name}@${attribute}`, value);
    }
    if (text !== "" || values.length === 0) values.push(text);
    for (const value of values) this.#facts.add(name, value);
  }

  #leaf({ name, text }: Leaf): void {
    const parent = this.#open.at(-1);
    const group = groupOf(parent?.name);
    const isFree = this.#open.length > 1 && /^(keys|metadata)$/i.test(parent?.name ?? "");
    const field = isFree ? undefined : knownField(name, group);
    if (field) this.#facts.known(field, text, group ? `${group}/${name}` : name);
    else if (group) this.#facts.addTo(group, name, text);
    else this.#facts.add(name, text);
  }

  #attribute(element: string, attribute: string, value: string): void {
    const isRoot = this.#open.length === 0;
    const group = isRoot ? undefined : groupOf(element);
    const field = isRoot || group ? knownField(attribute, group) : undefined;
    if (field) this.#facts.known(field, value, `${element}@${attribute}`);
    else if (group) this.#facts.addTo(group, attribute, value);
    else this.#facts.add(isRoot ? attribute : `${element}@${attribute}`, value);
  }

  #checkLength(text: string): void {
    if (text.length > this.#options.text) throw this.#options.refuse(`has a text of more than ${this.#options.text} characters`);
  }
}

/** An element with attributes and no text says everything in the attributes; so does one with children and no text. */
function leavesOf({ name, attributes, hasChildren }: Element, text: string): Leaf[] {
  return text === "" && (hasChildren || attributes.length > 0) ? [] : [{ name, text }];
}

function groupOf(name: string | undefined): string | undefined {
  return GROUPS.find((group) => group.toLowerCase() === name?.toLowerCase());
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}

/** Attributes by local name, without those of XML itself and of XML Schema. */
function ownAttributes(attributes: Record<string, string>): [string, string][] {
  return Object.entries(attributes)
    .filter(([name]) => !/^(xmlns|xml|xsi)(:|$)/.test(name))
    .map(([name, value]) => [localName(name), value]);
}
