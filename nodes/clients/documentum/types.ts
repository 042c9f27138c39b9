import { DocbridgeError } from "../../core/errors";
import { asBoolean, asList, asNumber, asObject, asText, isObject, type JsonObject } from "../http/json";
import type { CallOptions } from "../http/session";
import type { AttributeDefinition, AttributeKind, TypeDefinition } from "../type-definition";
import { dqlName } from "./dql";
import { hrefOf, linksOf, withQuery } from "./feed";
import type { Repository } from "./repository";

const KINDS = new Set<string>(["string", "integer", "double", "boolean", "date", "id"]);
/** DFC's codes for the same, in case a server sends them (wire/documentum.md 14). */
const KIND_CODES: AttributeKind[] = ["boolean", "integer", "string", "id", "date", "double"];

/** A type with its inherited attributes. Throws `unknown-type`. */
export async function readType(repository: Repository, name: string, options: CallOptions = {}): Promise<TypeDefinition> {
  const types = await repository.address("types", options);
  const query = { inherited: true };
  const [path = "", suffix = ""] = splitSuffix(types);
  try {
    // A type's name needs no encoding, so this is the address its feed entry would give, without paging to it.
    return normalise(await repository.get(withQuery(`${path}/${dqlName(name)}${suffix}`, query), options), name);
  } catch (thrown) {
    if (!(thrown instanceof DocbridgeError) || thrown.code !== "not-found") throw thrown;
  }
  for await (const entry of repository.entries(withQuery(types, { "items-per-page": 1000 }), options)) {
    if (entry.title === name && entry.href) return normalise(await repository.get(withQuery(entry.href, query), options), name);
  }
  throw new DocbridgeError("unknown-type", {
    message: `The repository ${repository.name} has no type "${name}" that the account can see. Check the type in the node.`,
    subject: name,
  });
}

/** Names of all types the account can see, in the order of the repository. */
export async function listTypes(repository: Repository, options: CallOptions = {}): Promise<string[]> {
  const names: string[] = [];
  const types = withQuery(await repository.address("types", options), { "items-per-page": 1000 });
  for await (const { title } of repository.entries(types, options)) if (title) names.push(title);
  return names;
}

/** `{R}/types.json` has its members at `{R}/types/{name}.json` (wire/documentum.md 5). */
function splitSuffix(href: string): string[] {
  const found = /^(.*?)(\.json)?$/s.exec(href);
  return found ? [found[1] ?? href, found[2] ?? ""] : [href, ""];
}

function normalise(body: JsonObject, name: string): TypeDefinition {
  // 7.1 wrapped everything in `type`; later servers use `type` for other things (client rule 7).
  const type = isObject(body.type) ? body.type : body;
  return {
    name: asText(type.name) ?? name,
    attributes: asList(type.properties).map(readAttribute),
    parent: parentOf(type) ?? hrefName(hrefOf(linksOf(type), "parent")),
  };
}

function readAttribute(item: unknown): AttributeDefinition {
  const attribute = asObject(item);
  const type = kindOf(attribute.type);
  const length = asNumber(attribute.length);
  return {
    name: asText(attribute.name) ?? "",
    type,
    ...(type === "string" && length !== undefined && length > 0 ? { length } : {}),
    repeating: asBoolean(attribute.repeating),
    required: asBoolean(attribute.required) || asBoolean(attribute.notnull),
    readOnly: asBoolean(attribute.readonly),
  };
}

/** The spelling of the words is inferred (wire/documentum.md 14), so case and synonyms are tolerated. */
function kindOf(value: unknown): AttributeKind {
  if (typeof value === "number") return KIND_CODES[value] ?? "string";
  const word = (asText(value) ?? "").toLowerCase();
  if (KINDS.has(word)) return word as AttributeKind;
  if (word === "time" || word === "datetime") return "date";
  if (word === "int") return "integer";
  return word === "bool" ? "boolean" : "string";
}

function parentOf(type: JsonObject): string | undefined {
  const parent = isObject(type.parent) ? (asText(type.parent.name) ?? hrefName(asText(type.parent.href))) : asText(type.parent);
  return parent?.includes("/") ? hrefName(parent) : parent;
}

function hrefName(href: string | undefined): string | undefined {
  return href
    ?.split("?")[0]
    ?.split("/")
    .at(-1)
    ?.replace(/\.json$/, "");
}
