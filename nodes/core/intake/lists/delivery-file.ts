import { asDocbridgeError, DocbridgeError } from "../../errors";
import { renderTemplate } from "../../mapping/template";
import { type Bytes, chunksOf } from "../chunks";
import { FactsBuilder } from "../facts";
import type { IntakeContext, IntakeFacts } from "../metadata";
import { sidecarLimits } from "../sidecars/sidecar";
import { type KnownField, knownField } from "../well-known";
import { XmlFacts } from "../xml/facts";
import { decodedXml, xmlParser } from "../xml/parser";
import { XmlText } from "../xml/text";
import { badEntry, type EntryContent, type ListContext, type ListEntry, lastPart, plainPath, unreadableList } from "./list-entry";

export interface DeliveryRule {
  /** Mustache template of the document's path over the values of a customer; how they relate is not public. */
  file: string;
  channel: IntakeContext["channel"];
  /** Other names of keys: `CISNumber` may stand for `customerNumber`. */
  names?: ReadonlyMap<string, string>;
}

/** Text of one customer, and text without an element in it, in characters: more is no delivery file. */
const MAX_CHARACTERS = 1024 * 1024;

/**
 * Reads Exstream's delivery file (`_STDDELIVERYFILE.xml`, wire/exstream.md 9.2, 13.5 D3), an entry at a time. Every
 * element `customer`, at whatever depth and in whatever namespace, is an entry: all `key` elements are metadata by their
 * `name`, `queueName` and the other names of the default sidecar fill their facts. A customer with several queues is an
 * entry for each. What stands around a customer (a `jobId` on the root) holds where the customer does not say it.
 *
 * A customer that cannot be used is given with its error (`wrong-encoding`, what FactsBuilder and the template throw), and
 * reading goes on. Throws `list-unreadable` for XML that cannot be read on (not well-formed, cut off, DOCTYPE).
 */
export async function* readDelivery(input: Bytes, rule: DeliveryRule, context: ListContext): AsyncGenerator<ListEntry> {
  const customers = new Customers(rule, context);
  const text = new XmlText({ fatal: false });
  try {
    for await (const chunk of chunksOf(input, "list-unreadable", context.name)) {
      customers.write(decodedXml(() => text.write(chunk), customers.refuse));
      yield* customers.taken();
    }
    customers.write(decodedXml(() => text.end(), customers.refuse));
    customers.end();
  } catch (thrown) {
    // What stands before the damage is good.
    yield* customers.taken();
    throw thrown;
  }
  yield* customers.taken();
}

/** Names and values that hold for all customers inside one element. */
type Scope = Map<KnownField, { value: string; label: string }>;

interface Outer {
  name: string;
  text: string;
  scope: Scope;
}

class Customers {
  readonly refuse = (what: string, cause?: unknown) => unreadableList(this.context, what, cause);
  private readonly parser = xmlParser({
    open: (name, attributes) => this.open(name, attributes),
    text: (text) => this.text(text),
    close: () => this.close(),
    refuse: this.refuse,
  });
  private readonly around: Outer[] = [];
  private readonly known: Scope;
  private customer: Customer | undefined;
  private entries: ListEntry[] = [];
  private number = 0;
  /** Characters since the parser last had something to tell. */
  private quiet = 0;

  constructor(
    private readonly rule: DeliveryRule,
    private readonly context: ListContext,
  ) {
    const around = Object.entries(context.around ?? {}) as [KnownField, string][];
    this.known = new Map(around.map(([field, value]) => [field, { value, label: "folder of the list" }]));
  }

  write(text: string): void {
    this.quiet += text.length;
    this.parser.write(text);
    if (this.quiet > MAX_CHARACTERS) throw this.refuse(`has ${this.quiet} characters without an element`);
  }

  end(): void {
    this.parser.close();
  }

  taken(): ListEntry[] {
    const taken = this.entries;
    this.entries = [];
    return taken;
  }

  private open(name: string, attributes: Record<string, string>): void {
    this.quiet = 0;
    if (this.customer) {
      this.customer.open(name, attributes);
      return;
    }
    if (localName(name).toLowerCase() === "customer") {
      this.customer = new Customer(this.number + 1, this.rule, this.context);
      for (const { scope } of this.around.toReversed()) this.customer.around(scope);
      this.customer.around(this.known);
      this.customer.open(name, attributes);
      return;
    }
    if (this.around.length >= sidecarLimits().depth) throw this.refuse(`is nested deeper than ${sidecarLimits().depth} levels`);
    const outer: Outer = { name: localName(name), text: "", scope: new Map() };
    for (const [attribute, value] of Object.entries(attributes)) note(outer.scope, localName(attribute), value);
    this.around.push(outer);
  }

  private text(text: string): void {
    this.quiet = 0;
    const outer = this.around.at(-1);
    if (this.customer) this.customer.text(text);
    // Blanks between customers must not add up.
    else if (outer && text.trim() !== "") outer.text = (outer.text + text).slice(0, MAX_CHARACTERS);
  }

  private close(): void {
    this.quiet = 0;
    if (this.customer) {
      if (!this.customer.close()) return;
      const entries = this.customer.entries();
      for (const entry of entries) {
        this.number += 1;
        this.entries.push({ ...entry, number: this.number });
      }
      this.customer = undefined;
      return;
    }
    const outer = this.around.pop();
    const parent = this.around.at(-1);
    if (outer && parent && outer.text !== "") note(parent.scope, outer.name, outer.text.trim());
  }
}

function note(scope: Scope, name: string, value: string): void {
  const field = knownField(name);
  if (field) scope.set(field, { value, label: name });
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}

/** Takes the elements of one customer; after a mistake it only waits for the customer's end. */
class Customer {
  private readonly facts: CustomerFacts;
  private readonly elements: XmlFacts;
  private depth = 0;
  private characters = 0;
  private error: DocbridgeError | undefined;

  constructor(
    private readonly number: number,
    private readonly rule: DeliveryRule,
    private readonly context: ListContext,
  ) {
    this.facts = new CustomerFacts({ channel: rule.channel, origin: `list "${context.name}", customer ${number},` }, rule.names);
    const refuse = (what: string) => badEntry("invalid-metadata", context, number, what);
    this.elements = new XmlFacts(this.facts, { ...sidecarLimits(), refuse });
  }

  around(scope: Scope): void {
    this.attempt(() => {
      for (const [field, { value, label }] of scope) this.facts.fallback(field, value, label);
    });
  }

  open(name: string, attributes: Record<string, string>): void {
    this.depth += 1;
    this.attempt(() => {
      for (const value of Object.values(attributes)) this.look(value);
      this.elements.open(name, attributes);
    });
  }

  text(text: string): void {
    this.attempt(() => {
      this.look(text);
      this.elements.text(text);
    });
  }

  /** True when this was the end of the customer itself. */
  close(): boolean {
    this.depth -= 1;
    this.attempt(() => this.elements.close());
    return this.depth === 0;
  }

  /** One entry for each queue. */
  entries(): EntryContent[] {
    const { facts, error } = this;
    const known = { customerNumber: facts.value("customerNumber"), queueName: facts.value("queueName"), jobId: facts.value("jobId") };
    if (error) return [{ error, ...known }];
    const queues = facts.queues.size > 0 ? [...facts.queues] : [known.queueName];
    return queues.map((queueName) => {
      try {
        return this.entry(queueName);
      } catch (thrown) {
        return { error: asDocbridgeError(thrown), ...known, queueName };
      }
    });
  }

  private entry(queueName: string | undefined): { facts: IntakeFacts; path: string } {
    const inQueue = (facts: IntakeFacts): IntakeFacts => ({ ...facts, source: { ...facts.source, ...(queueName && { queueName }) } });
    const { metadata, source, variantRole } = inQueue(this.facts.build());
    const path = plainPath(renderTemplate(this.rule.file, { ...metadata, ...source, variantRole }, { name: "file of an entry" }));
    return { facts: inQueue(this.facts.build(lastPart(path))), path };
  }

  private look(text: string): void {
    this.characters += text.length;
    if (this.characters > MAX_CHARACTERS)
      throw badEntry("value-too-long", this.context, this.number, "has more text than any customer has");
    if (text.includes("\uFFFD")) {
      throw badEntry("wrong-encoding", this.context, this.number, "has bytes that are not in the encoding the list declares");
    }
  }

  private attempt(step: () => void): void {
    if (this.error) return;
    try {
      step();
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError)) throw thrown;
      this.error = thrown;
    }
  }
}

/** A customer may be in several queues; every other field that says two things is a mistake. */
class CustomerFacts extends FactsBuilder {
  readonly queues = new Set<string>();

  constructor(
    context: IntakeContext,
    private readonly names: ReadonlyMap<string, string> = new Map(),
  ) {
    super(context);
  }

  override add(name: string, value: unknown): void {
    const other = this.names.get(name);
    const field = other === undefined ? undefined : knownField(other);
    if (field) this.known(field, value, name);
    else super.add(other ?? name, value);
  }

  override known(field: KnownField, value: unknown, label: string): void {
    if (field === "queueName" && typeof value === "string" && value.trim() !== "") {
      this.queues.add(value.trim());
      if (this.queues.size > 1) return;
    }
    super.known(field, value, label);
  }
}
