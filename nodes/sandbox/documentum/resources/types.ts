import type { Repository } from "../model/repository";
import type { Attribute, ObjectType, ValueAssist } from "../model/types";
import { assistedBy } from "../model/values";
import type { Router } from "../router";
import { type Call, demandMembers, flag, json, list, objectBody, type Reply } from "../wire/call";
import { dateText } from "../wire/dates";
import { badRequest, cause, Failure, invalidAttribute, notFound } from "../wire/failures";
import { feed, readPage, slice } from "../wire/feed";
import { type Link, LR, linksText } from "../wire/hrefs";
import { nameFromPath } from "../wire/names";

const R = "/repositories/:repository";

/** Types, their attributes and value assistance (wire/documentum.md section 14). */
export function mountTypes(router: Router, repository: Repository): void {
  router.on("GET", `${R}/types`, (call) => listTypes(repository, call));
  router.on("GET", `${R}/types/:type`, (call) => json(200, typeText(call, typeOf(repository, call))));
  router.on("POST", `${R}/types/:type/assist-values`, (call) => assistValues(repository, call));
}

function typeOf(repository: Repository, call: Call): ObjectType {
  const type = repository.types.get(nameFromPath(call.params.type ?? ""));
  if (!type) throw notFound("The type");
  return type;
}

function listTypes(repository: Repository, call: Call): Reply {
  const page = readPage(call, repository.switches);
  const inline = flag(call, "inline", false);
  const found = slice(chosenTypes(repository, call), page);
  const entries = found.items.map((type) => {
    const src = call.hrefs.type(type.name);
    return {
      id: src,
      title: type.name,
      summary: type.label,
      updated: dateText(repository.now()),
      links: [{ rel: "edit", href: src }],
      src,
      ...(inline ? { content: typeText(call, type) } : {}),
    };
  });
  return feed(call, "Types", page, found, entries, repository.now());
}

/** `filter=type_category=...` asks for shareable (2) or lightweight (4) types. */
function* chosenTypes(repository: Repository, call: Call): Iterable<ObjectType> {
  const category = /^\s*type_category\s*=\s*'?(\d)'?\s*$/.exec(call.query.get("filter") ?? "")?.[1] ?? "";
  const parent = call.query.get("parent-type");
  const recursive = flag(call, "recursive", false);
  for (const type of repository.types.values()) {
    if (category !== "" && type.category !== Number(category)) continue;
    if (parent && !(recursive ? repository.types.isA(type.name, parent) && type.name !== parent : type.super === parent)) continue;
    yield type;
  }
}

/** Keys of section 14; `parent` holds the parent's name [INF], its address is in the `parent` link. */
function typeText(call: Call, type: ObjectType): string {
  const { hrefs } = call;
  const all = flag(call, "include-all", false);
  const withAssist = all || flag(call, "include-value-assist", false);
  const attributes = flag(call, "inherited", true) ? type.all : type.own;
  const links: Link[] = [
    { rel: "self", href: hrefs.type(type.name) },
    ...(type.super ? [{ rel: "parent", href: hrefs.type(type.super) }] : []),
    ...(type.sharedParent ? [{ rel: `${LR}parent-shareable-type`, href: hrefs.type(type.sharedParent) }] : []),
    ...(type.category === 2
      ? [{ rel: `${LR}lightweight-types`, href: hrefs.at("/types", `parent-type=${type.name}&filter=type_category=4`) }]
      : []),
    { rel: `${LR}types`, href: hrefs.at("/types", `parent-type=${type.name}`) },
    ...(type.all.some(({ assist }) => assist) ? [{ rel: `${LR}assist-values`, href: `${assistAddress(call, type)}` }] : []),
  ];
  const members = {
    name: type.name,
    label: type.label,
    parent: type.super ?? "",
    "shared-parent": type.sharedParent ?? "",
    category: String(type.category),
    "help-text": "",
    "comment-text": "",
    properties: attributes.map((attribute) => attributeMembers(attribute, withAssist)),
  };
  return `${JSON.stringify(members).slice(0, -1)},"links":${flag(call, "links", true) ? linksText(links) : "[]"}}`;
}

function assistAddress(call: Call, type: ObjectType): string {
  const named = type.all.filter(({ assist }) => assist).map(({ name }) => name);
  return call.hrefs.at(`/types/${type.name}/assist-values`, `included-properties=${named.join(",")}`);
}

function attributeMembers(attribute: Attribute, withAssist: boolean): Record<string, unknown> {
  const { name, type, length, repeating, label, required, readonly, assist } = attribute;
  return {
    name,
    repeating,
    type,
    length,
    label,
    hidden: false,
    required,
    notnull: false,
    "notnull-enforce": false,
    readonly,
    searchable: true,
    "default-literal": attribute.initial === undefined ? "" : String(attribute.initial),
    "help-text": "",
    "comment-text": "",
    category: "0",
    ...(assist?.dependsOn ? { dependencies: [assist.dependsOn.attribute] } : {}),
    ...(withAssist && assist ? { "value-assist": assistLists(assist) } : {}),
  };
}

/** One list, or one for every value of the attribute it depends on. */
function assistLists({ values, allowUserValues, dependsOn }: ValueAssist): object[] {
  const list = (chosen: string[], condition?: string): object => ({
    type: "fixed-list",
    ...(condition ? { condition } : {}),
    "allow-user-values": allowUserValues,
    values: chosen,
  });
  if (!dependsOn) return [list(values)];
  return Object.entries(dependsOn.lists).map(([value, chosen]) => list(chosen, `${dependsOn.attribute} = '${value}'`));
}

/** `POST .../assist-values?included-properties=a,b` with the values that others depend on. */
async function assistValues(repository: Repository, call: Call): Promise<Reply> {
  const type = typeOf(repository, call);
  const body = call.body.mediaType === "" ? {} : await objectBody(call);
  demandMembers(body, ["properties", "type", "name", "definition", "links"]);
  const given = (body.properties as Record<string, unknown> | undefined) ?? {};
  for (const name of Object.keys(given)) if (!type.byName.has(name)) throw invalidAttribute(name, type.name);
  const named = list(call, "included-properties");
  if (named.length === 0) throw badRequest("The query parameter 'included-properties' is needed.");
  const properties: Record<string, unknown> = {};
  for (const name of named) {
    const attribute = type.byName.get(name);
    if (!attribute) throw invalidAttribute(name, type.name);
    const { assist } = attribute;
    const values = assist ? assistedBy(assist, given) : [];
    if (!values) throw lackOfDependency(name, assist?.dependsOn?.attribute ?? "");
    properties[name] = {
      "allow-user-values": assist?.allowUserValues ?? true,
      values: values.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) })),
    };
  }
  const links = linksText([{ rel: "self", href: call.hrefs.self }]);
  return json(200, `{"properties":${JSON.stringify(properties)},"links":${links}}`);
}

/** wire/documentum.md section 14 names the exception and no code. */
function lackOfDependency(attribute: string, leading: string): Failure {
  return new Failure(
    400,
    "E_LACK_OF_DEPENDENCY_VALUES",
    "The values that an attribute depends on are missing.",
    cause("DM_VALUE_ASSIST_E_DEPENDENCY", `The values of '${attribute}' depend on '${leading}', which has no value.`),
  );
}
