import { nameOf } from "../model/folder-tree";
import { PERMIT } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import type { Value } from "../model/types";
import { readProperties } from "../model/values";
import { commitDraft } from "../operations/create";
import { deleteObject } from "../operations/delete";
import type { Router } from "../router";
import { parseQuery, readAql } from "../search/aql";
import type { SearchQuery } from "../search/query";
import { runSearch } from "../search/run";
import { readTemplate, type Variable, withVariables } from "../search/template";
import { type Call, demandMembers, json, objectBody, type Reply, userOf, wholeNumber } from "../wire/call";
import { accessDenied, badRequest, cause, notFound } from "../wire/failures";
import { type Link, LR, linksText } from "../wire/hrefs";
import { propertiesText, readView } from "../wire/render";
import { entriesFeed } from "../wire/simple-feed";
import { hitsReply, searchReply } from "./search";

const R = "/repositories/:repository";

/** What saved searches and templates have in common. */
interface Kind {
  name: "saved-search" | "search-template";
  path: string;
  feedTitle: string;
  type: string;
  /** Member that holds the query, as a text. */
  member: string;
}

const SEARCH: Kind = {
  name: "saved-search",
  path: "saved-searches",
  feedTitle: "Saved searches",
  type: "dm_smart_list",
  member: "query-document",
};
const TEMPLATE: Kind = {
  name: "search-template",
  path: "search-templates",
  feedTitle: "Search templates",
  type: "dm_search_template",
  member: "query-document-template",
};

/** Saved searches with their results, and templates with variables (wire/documentum.md 15.4). */
export function mountSavedSearches(router: Router, repository: Repository): void {
  for (const kind of [SEARCH, TEMPLATE]) {
    const path = `${R}/${kind.path}`;
    router.on("GET", path, (call) => list(repository, call, kind));
    router.on("POST", path, (call) => create(repository, call, kind));
    router.on("GET", `${path}/:id`, (call) => json(200, savedText(repository, call, kind, savedOf(repository, call, kind))));
    router.on("DELETE", `${path}/:id`, async (call): Promise<Reply> => {
      const options = { versions: "all", nonEmpty: false, allLinks: false } as const;
      await deleteObject(repository, userOf(call), savedOf(repository, call, kind), options);
      return { status: 204 };
    });
  }
  router.on("POST", `${R}/saved-searches/:id`, (call) => change(repository, call));
  router.on("GET", `${R}/saved-searches/:id/execution`, (call) =>
    searchReply(repository, call, queryOf(savedOf(repository, call, SEARCH))),
  );
  router.on("POST", `${R}/search-templates/:id/execution`, (call) => execute(repository, call));
  router.on("GET", `${R}/saved-searches/:id/results`, (call) => results(repository, call, savedOf(repository, call, SEARCH)));
  router.on("PUT", `${R}/saved-searches/:id/results`, (call) => enableResults(repository, call));
  router.on("DELETE", `${R}/saved-searches/:id/results`, (call) => {
    const saved = changeable(repository, call);
    repository.save(saved, { has_results: undefined, result_ids: undefined }, userOf(call));
    return { status: 204 };
  });
}

/** Own ones, and those that are public. */
function isVisible(call: Call, { values }: ObjectRecord): boolean {
  const user = userOf(call);
  return user.superuser || values.owner_name === user.name || values.r_is_public !== false;
}

function savedOf(repository: Repository, call: Call, kind: Kind): ObjectRecord {
  const record = repository.object(call.params.id ?? "", kind.type);
  if (!isVisible(call, record)) throw accessDenied(cause("DM_SYSOBJECT_E_NO_BROWSE_ACCESS", "The search is not public."));
  return record;
}

function changeable(repository: Repository, call: Call): ObjectRecord {
  const saved = savedOf(repository, call, SEARCH);
  const user = userOf(call);
  if (user.superuser || saved.values.owner_name === user.name) return saved;
  throw accessDenied(cause("DM_SYSOBJECT_E_NO_WRITE_ACCESS", "The search belongs to somebody else."));
}

function list(repository: Repository, call: Call, kind: Kind): Reply {
  const ids = [...repository.objects.idsOf(kind.type)];
  const visible = ids.map((id) => repository.objects.get(id)).filter((one) => one !== undefined && isVisible(call, one)) as ObjectRecord[];
  return entriesFeed(repository, call, kind.feedTitle, visible, (saved) => ({
    src: call.hrefs.at(`/${kind.path}/${saved.id}`),
    title: nameOf(saved),
    text: () => savedText(repository, call, kind, saved),
  }));
}

async function create(repository: Repository, call: Call, kind: Kind): Promise<Reply> {
  const user = userOf(call);
  const { values, query } = await readSaved(repository, call, kind);
  if (query === undefined) throw badRequest(`The member '${kind.member}' is needed.`);
  if (String(values.object_name ?? "") === "") throw badRequest("The attribute 'object_name' is needed.");
  const home = repository.folders.idAt(String(repository.userRecord(user.name)?.values.default_folder ?? ""));
  const draft = {
    type: repository.types.known(kind.type),
    values: { ...values, query_document: query },
    place: { folderId: home, type: kind.type, kind: kind.name },
  };
  const saved = commitDraft(repository, user, draft);
  return json(201, savedText(repository, call, kind, saved), { Location: call.hrefs.at(`/${kind.path}/${saved.id}`) });
}

async function change(repository: Repository, call: Call): Promise<Reply> {
  const { values, query } = await readSaved(repository, call, SEARCH);
  // What was found by another query is no result of this one.
  const stale = query === undefined ? {} : { query_document: query, has_results: undefined, result_ids: undefined };
  const saved = repository.save(changeable(repository, call), { ...values, ...stale }, userOf(call));
  return json(200, savedText(repository, call, SEARCH, saved));
}

/** `r_is_public` can be set here and nowhere else. The query is a JSON text, and is read to see that it makes sense. */
async function readSaved(repository: Repository, call: Call, kind: Kind): Promise<{ values: Record<string, Value>; query?: string }> {
  const body = await objectBody(call);
  // The vendor's description spells it in one word.
  demandMembers(body, ["properties", kind.member, "queryDocument", "external-variables", "type", "name", "definition", "links"]);
  const { r_is_public: isPublic, ...others } = (body.properties ?? {}) as Record<string, unknown>;
  const values = merge({}, readProperties(repository.types.known(kind.type), kind.name, others, repository.switches));
  if (isPublic !== undefined) values.r_is_public = String(isPublic) !== "false";
  const query = body[kind.member] ?? body.queryDocument;
  if (query === undefined) return { values };
  if (typeof query !== "string") throw badRequest(`The member '${kind.member}' is not a text.`);
  if (kind === TEMPLATE) readTemplate(query);
  else readAql(parseQuery(query));
  return { values, query };
}

function queryOf({ values }: ObjectRecord): SearchQuery {
  return readAql(parseQuery(String(values.query_document)));
}

function savedText(repository: Repository, call: Call, kind: Kind, saved: ObjectRecord): string {
  const { hrefs } = call;
  const self = hrefs.at(`/${kind.path}/${saved.id}`);
  const execution = { rel: `${LR}search-execution`, href: hrefs.at(`/${kind.path}/${saved.id}/execution`) };
  const links: Link[] = [{ rel: "self", href: self }, ...(kind === SEARCH ? [{ rel: "edit", href: self }] : [])];
  if (repository.permits.levelOf(userOf(call), saved) >= PERMIT.delete) links.push({ rel: `${LR}delete`, href: self });
  links.push(execution);
  if (kind === SEARCH) links.push({ rel: `${LR}saved-search-results`, href: hrefs.at(`/${kind.path}/${saved.id}/results`) });
  const query = String(saved.values.query_document);
  const head = `{"name":"${kind.name}","type":"${kind.type}","definition":${JSON.stringify(hrefs.type(kind.type))}`;
  const variables = kind === TEMPLATE ? `,"external-variables":${JSON.stringify(readTemplate(query).variables)}` : "";
  const properties = propertiesText(repository, saved, readView(call.query.get("view")));
  return `${head},"properties":${properties},${JSON.stringify(kind.member)}:${JSON.stringify(query)}${variables},"links":${linksText(links)}}`;
}

/** `{"external-variables":[{"id","variable-value"}]}`. */
async function execute(repository: Repository, call: Call): Promise<Reply> {
  const body = call.body.mediaType === "" ? {} : await objectBody(call);
  demandMembers(body, ["external-variables", "properties", TEMPLATE.member, "type", "name", "definition", "links"]);
  const given = body["external-variables"] ?? [];
  if (!Array.isArray(given)) throw badRequest("The member 'external-variables' is not a list.");
  const template = String(savedOf(repository, call, TEMPLATE).values.query_document);
  return searchReply(repository, call, withVariables(template, given as Variable[]));
}

function enableResults(repository: Repository, call: Call): Reply {
  const saved = changeable(repository, call);
  const limit = wholeNumber(call, "max-results-count", 1000);
  const hits = runSearch(repository, userOf(call), queryOf(saved));
  const ids = hits.slice(0, limit < 0 ? undefined : limit).map(({ id }) => id);
  const kept = repository.save(saved, { has_results: true, result_ids: ids.length > 0 ? ids : undefined }, userOf(call));
  return results(repository, call, kept);
}

/** What was found when the results were enabled, without what has gone since. */
function results(repository: Repository, call: Call, saved: ObjectRecord): Reply {
  if (saved.values.has_results !== true) throw notFound("The results of the search");
  const records = ((saved.values.result_ids as string[] | undefined) ?? []).map((id) => repository.objects.get(id));
  const visible = records.filter((one) => one !== undefined && repository.permits.allows(userOf(call), one, "browse")) as ObjectRecord[];
  return hitsReply(repository, call, queryOf(saved), visible);
}
