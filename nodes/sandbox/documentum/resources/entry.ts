import { REPOSITORY_ID } from "../model/id-source";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { type Call, flag, json, type Reply, userOf } from "../wire/call";
import { dateText } from "../wire/dates";
import { feed, readPage, slice } from "../wire/feed";
import { type Link, LR, linksText } from "../wire/hrefs";
import { runDql } from "./query";

const HOME_TYPE = "application/home+json";
const VERSION = "16.7.0000.0076";
const SEARCH_PARAMETERS = "q,locations,object-type,inline,view,page,items-per-page,include-total,sort";

const CCE = { synonyms: "cce/synonyms", "synonym-categories": "cce/synonym-categories", "word-suggestions": "cce/suggestions" };

/** Home, product info, repositories, repository and current user (wire/documentum.md section 4). */
export function mountEntry(router: Router, repository: Repository): void {
  router.on("GET", "/services", home);
  router.on("GET", "/product-info", productInfo);
  router.on("GET", "/repositories", (call) => repositories(repository, call));
  router.on("GET", "/repositories/:repository", (call) => {
    const dql = call.query.get("dql");
    return dql === null ? repositoryResource(repository, call) : runDql(repository, call, dql);
  });
}

function home(call: Call): Reply {
  const resource = (path: string, representations: string[]): object => ({
    href: call.hrefs.top(path),
    hints: { allow: ["GET"], representations },
  });
  const resources = {
    [`${LR}repositories`]: resource("/repositories", ["application/vnd.emc.documentum+json"]),
    about: resource("/product-info", ["application/vnd.emc.documentum+json"]),
  };
  return { ...json(200, JSON.stringify({ resources })), mediaType: HOME_TYPE };
}

function productInfo(call: Call): Reply {
  const properties = {
    product: "Docbridge sandbox: Documentum REST Services stand-in",
    product_version: VERSION,
    // A string that parses as a number: clients choose their features by it.
    major: "16.7",
    minor: "0000",
    build_number: "0076",
    revision_number: "0",
  };
  return json(200, JSON.stringify({ name: "product-info", properties, links: [{ rel: "self", href: call.hrefs.top("/product-info") }] }));
}

function repositories(repository: Repository, call: Call): Reply {
  const page = readPage(call, repository.switches);
  const found = slice([repository.name], page);
  const src = call.hrefs.at("");
  const updated = dateText(repository.now());
  const entries = found.items.map((title) => ({ id: src, title, summary: "", updated, links: [{ rel: "edit", href: src }], src }));
  return feed(call, "Repositories", page, found, entries, repository.now());
}

/** Only relations whose resources are served. `dql` and `search` are templates (4.4). */
function repositoryResource(repository: Repository, call: Call): Reply {
  const { hrefs } = call;
  const names = {
    "current-user": "currentuser",
    users: "users",
    groups: "groups",
    cabinets: "cabinets",
    "checked-out-objects": "checked-out-objects",
    types: "types",
    formats: "formats",
    relations: "relations",
    "relation-types": "relation-types",
    acls: "acls",
    "network-locations": "network-locations",
    ...(repository.switches.isOn("cce") ? CCE : {}),
    inbox: "inbox",
    "queue-tasks": "queue-tasks",
    "work-queues": "work-queues",
    "workflow-templates": "workflow-templates",
    workflows: "workflows",
    "current-user-preferences": "currentuser-preferences",
    subscriptions: "subscriptions",
    "saved-searches": "saved-searches",
    "search-templates": "search-templates",
    "supported-facets": "supported-facets",
    ...(userOf(call).superuser ? { "audit-policies": "audit-policies" } : {}),
    "audit-trails": "audit-trails",
    "available-audit-events": "available-audit-events",
    "registered-audit-events": "registered-audit-events",
    "aspect-types": "aspect-types",
    lifecycles: "lifecycles",
    "archived-contents": "archived-contents",
    snapshots: "snapshots",
    batches: "batches",
    "batch-capabilities": "batch-capabilities",
  };
  const links: Link[] = [
    { rel: "self", href: hrefs.at("") },
    ...Object.entries(names).map(([rel, path]) => ({ rel: LR + rel, href: hrefs.at(`/${path}`) })),
  ];
  if (repository.switches.isOn("client-token")) links.push({ rel: `${LR}logout`, href: hrefs.top("/logout") });
  const templates = [
    { rel: `${LR}dql`, hreftemplate: `${hrefs.at("")}{?dql,page,items-per-page}` },
    { rel: `${LR}search`, hreftemplate: `${hrefs.at("/search")}{?${SEARCH_PARAMETERS}}` },
  ];
  const id = Number.parseInt(REPOSITORY_ID, 16);
  const body = {
    id: repository.switches.isOn("repository-id-as-text") ? String(id) : id,
    name: repository.name,
    description: "The Docbridge sandbox repository",
    servers: [{ name: repository.name, host: "127.0.0.1", version: `${VERSION}  Linux64.Postgres`, docbroker: "127.0.0.1" }],
    ...(flag(call, "include-domains", false) ? { domains: [""] } : {}),
  };
  const head = JSON.stringify(body).slice(0, -1);
  return json(200, `${head},"links":${linksText(links).slice(0, -1)},${JSON.stringify(templates).slice(1)}}`);
}
