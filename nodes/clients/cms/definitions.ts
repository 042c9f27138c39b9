import { DocbridgeError } from "../../core/errors";
import { asBoolean, asList, asNumber, asObject, asText, type JsonObject } from "../http/json";
import type { CallOptions } from "../http/session";
import type { AttributeDefinition, AttributeKind, TypeDefinition } from "../type-definition";
import { type Category, halLinks } from "./instance";
import type { CmsCall, CmsService } from "./service";

/** An attribute to be made (wire/css.md section 8). */
export interface NewAttribute {
  name: string;
  data_type: "string" | "integer" | "long" | "double" | "boolean" | "date";
  /** Characters; strings need it. */
  size?: number;
  /** Holds a list; default false. */
  repeating?: boolean;
}

/** A type or trait to be made; its system name will be `{prefix of the namespace}_{name}`. */
export interface NewDefinition {
  name: string;
  /** Name of the namespace. */
  namespace: string;
  attributes: NewAttribute[];
}

export interface Namespace {
  name: string;
  prefix: string;
}

/** Types, traits and namespaces (wire/css.md section 8). Nothing here is created by the way: each create is a call of its own. */
export class CmsDefinitions {
  readonly #service: CmsService;

  constructor(service: CmsService) {
    this.#service = service;
  }

  /** System names of all types. The list itself is documented for traits only. */
  async listTypes(options: CallOptions = {}): Promise<string[]> {
    const names: string[] = [];
    for await (const item of this.#service.pages("/type-definitions?page=1&items-per-page=200", options)) {
      const name = asText(item.system_name);
      if (name) names.push(name);
    }
    return names;
  }

  /** A type with its inherited attributes, where the server offers them. Throws `unknown-type`. */
  async type(systemName: string, options: CallOptions = {}): Promise<TypeDefinition> {
    const path = typePath(systemName);
    const { json } = await this.#known({ path, signal: options.signal }, systemName);
    const all = await this.#attributes(`${path}/attributes-all`, options);
    return {
      name: asText(json.system_name) ?? systemName,
      attributes: (all ?? asList(json.attributes)).map(readAttribute),
      parent: asText(asObject(json.parent).system_name) ?? asText(asObject(json.parent).name) ?? asText(json.parent),
    };
  }

  /** A trait with its attributes. Throws `unknown-type`. */
  async trait(systemName: string, options: CallOptions = {}): Promise<TypeDefinition> {
    const path = `/trait-definitions/${encodeURIComponent(systemName)}/attributes`;
    const { value } = await this.#known({ path, signal: options.signal }, systemName);
    return { name: systemName, attributes: attributeList(value).map(readAttribute) };
  }

  async namespaces(options: CallOptions = {}): Promise<Namespace[]> {
    const found: Namespace[] = [];
    for await (const row of this.#service.pages("/namespaces?page=1&items-per-page=200", options)) {
      found.push({ name: asText(row.name) ?? "", prefix: asText(row.prefix) ?? "" });
    }
    return found;
  }

  async createType(category: Category, definition: NewDefinition, options: CallOptions = {}): Promise<void> {
    const json = { ...bodyOf(definition), parent: `cms_${category}` };
    await this.#service.call({ method: "POST", path: `/type-definitions/${category}`, json, signal: options.signal });
  }

  async createTrait(definition: NewDefinition, options: CallOptions = {}): Promise<void> {
    await this.#service.call({ method: "POST", path: "/trait-definitions", json: bodyOf(definition), signal: options.signal });
  }

  /**
   * Adds attributes to a type. Whether the service merges the list or replaces it is unknown, so the type's own
   * attributes are sent along as they were read. Throws `unknown-type`.
   */
  async addToType(systemName: string, attributes: NewAttribute[], options: CallOptions = {}): Promise<void> {
    await this.#add(typePath(systemName), systemName, attributes, options);
  }

  /** As `addToType`, for a trait. */
  async addToTrait(systemName: string, attributes: NewAttribute[], options: CallOptions = {}): Promise<void> {
    await this.#add(`/trait-definitions/${encodeURIComponent(systemName)}`, systemName, attributes, options);
  }

  async #add(path: string, systemName: string, attributes: NewAttribute[], { signal }: CallOptions): Promise<void> {
    const { json } = await this.#known({ path, signal }, systemName);
    const own = asList(json.attributes).map(asObject);
    const fresh = attributes.filter(({ name }) => !own.some((known) => known.name === name));
    await this.#service.call({ method: "PATCH", path, json: { attributes: [...own, ...fresh.map(described)] }, signal });
  }

  async #known(call: CmsCall, systemName: string) {
    try {
      return await this.#service.call(call);
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError) || thrown.code !== "not-found") throw thrown;
      throw new DocbridgeError("unknown-type", {
        message: `CMS has no definition "${systemName}" that the account can see. Check the system name (prefix_name) in the node.`,
        status: thrown.status,
        remote: thrown.remote,
        subject: systemName,
      });
    }
  }

  /** Attributes of a sub-resource; undefined when this server has no such resource. */
  async #attributes(path: string, options: CallOptions): Promise<unknown[] | undefined> {
    try {
      const found: unknown[] = [];
      for (let page: string | undefined = path; page !== undefined; ) {
        const { value, json } = await this.#service.call({ path: page, signal: options.signal });
        found.push(...attributeList(value));
        // A large type comes in pages.
        const next: string | undefined = halLinks(json).next;
        if (next === page) throw new DocbridgeError("unexpected-reply", { message: "A page of a CMS list names itself as the next one." });
        page = next;
      }
      return found;
    } catch (thrown) {
      if (thrown instanceof DocbridgeError && (thrown.status === 404 || thrown.status === 405)) return undefined;
      throw thrown;
    }
  }
}

function typePath(systemName: string): string {
  return `/type-definitions/${encodeURIComponent(systemName)}`;
}

function bodyOf({ name, namespace, attributes }: NewDefinition): JsonObject {
  return { name, display_name: name, namespace, attributes: attributes.map(described) };
}

function described(attribute: NewAttribute): JsonObject {
  return { repeating: false, ...attribute, display_name: attribute.name, required: false, searchable: true };
}

/** The envelope of attribute lists is not documented: a bare array, `attributes` and the list envelope are all read. */
function attributeList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const body = asObject(value);
  const inside = Object.values(asObject(body._embedded)).find(Array.isArray);
  return asList(body.attributes ?? inside);
}

const KINDS: Record<string, AttributeKind> = {
  integer: "integer",
  long: "integer",
  bigint: "integer",
  double: "double",
  float: "double",
  boolean: "boolean",
  date: "date",
};

function readAttribute(item: unknown): AttributeDefinition {
  const attribute = asObject(item);
  const type = KINDS[(asText(attribute.data_type) ?? "").toLowerCase()] ?? "string";
  const length = asNumber(attribute.size);
  return {
    name: asText(attribute.name) ?? "",
    type,
    ...(type === "string" && length !== undefined && length > 0 ? { length } : {}),
    repeating: asBoolean(attribute.repeating),
    required: asBoolean(attribute.required),
    readOnly: asBoolean(attribute.read_only) || asBoolean(attribute.system),
  };
}
