import { nameOf } from "../model/folder-tree";
import { NO_ID } from "../model/id-source";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { VdNode } from "../model/virtual-documents";
import {
  addComponent,
  COPY_BEHAVIOURS,
  changeNode,
  convert,
  type NodeSettings,
  parentOf,
  removeNode,
} from "../operations/virtual-documents";
import type { Router } from "../router";
import { type Call, demandMembers, json, objectBody, type Reply, userOf, wholeNumber } from "../wire/call";
import { badRequest, noObject } from "../wire/failures";
import { type Link, LR, resourceText } from "../wire/hrefs";
import { versionLinks } from "../wire/links";
import { entriesFeed } from "../wire/simple-feed";
import { objectOfHref } from "./references";

const R = "/repositories/:repository";
/** What can be set, and what a client read and sends back (the node schema of the vendor's description). */
const SETTABLE = ["binding", "order-number", "override-late-binding", "copy-behavior", "follow-assembly", "late-binding-value"];
const READ = "properties book-id selected-object-name selected-object-id parent-id chronicle-id relation-id node-id vdm-number type links";
const STATES =
  "is-virtual-document is-binding-broken are-children-compound available-versions can-be-removed can-be-restructured child-count is-compound is-from-assembly is-structurally-modified";
const MEMBERS = ["href", ...SETTABLE, ...READ.split(" "), ...STATES.split(" ")];

/** Virtual documents (wire/documentum.md 16.3); the members of a node are those of the vendor's description. */
export function mountVirtualDocuments(router: Router, repository: Repository): void {
  router.on("GET", `${R}/objects/:id/vd-nodes`, (call) => list(repository, call));
  router.on("POST", `${R}/objects/:id/vd-nodes`, (call) => add(repository, call));
  router.on("GET", `${R}/vd-relations/:node`, (call) => json(200, nodeText(repository, call, nodeOf(repository, call))));
  router.on("POST", `${R}/vd-relations/:node`, async (call) => {
    const body = await objectBody(call);
    demandMembers(body, MEMBERS);
    changeNode(repository, userOf(call), containmentOf(repository, call), settingsOf(body));
    return json(200, nodeText(repository, call, nodeOf(repository, call)));
  });
  router.on("DELETE", `${R}/vd-relations/:node`, (call) => {
    removeNode(repository, userOf(call), containmentOf(repository, call));
    return { status: 204 };
  });
}

function objectOf(repository: Repository, call: Call): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_sysobject");
  repository.permits.demand(userOf(call), record, "browse");
  return record;
}

function containmentOf(repository: Repository, call: Call): ObjectRecord {
  const id = call.params.node ?? "";
  const record = repository.objects.get(id);
  if (record?.type !== "dmr_containment") throw noObject(id);
  return record;
}

function nodeOf(repository: Repository, call: Call): VdNode {
  const containment = containmentOf(repository, call);
  const parent = parentOf(repository, containment);
  const found = [...repository.virtualDocuments.nodes(parent, 1)].find((node) => node.containment.id === containment.id);
  return found ?? { containment, parent, number: "" };
}

/** `depth` levels below the object, or below the node that `vdm-number` names. */
function list(repository: Repository, call: Call): Reply {
  const record = objectOf(repository, call);
  const label = call.query.get("binding-label") || "CURRENT";
  const below = call.query.get("vdm-number");
  const depth = wholeNumber(call, "depth", 1);
  const withBroken = call.query.get("include-broken") === "true";
  const all = [...repository.virtualDocuments.nodes(record, below ? -1 : depth, label)];
  const chosen = below ? all.filter(({ number }) => isBelow(number, below, depth)) : all;
  const shown = chosen.filter(({ component }) => component !== undefined || withBroken);
  return entriesFeed(repository, call, `Virtual document nodes of object ${record.id}`, shown, (node) => ({
    src: addressOf(call, node),
    title: node.component ? nameOf(node.component) : node.containment.id,
    text: () => nodeText(repository, call, node),
  }));
}

function isBelow(number: string, ancestor: string, depth: number): boolean {
  const levels = number.split(".").length - ancestor.split(".").length;
  return number.startsWith(`${ancestor}.`) && (depth < 0 || levels <= depth);
}

/** With a component it is added; an empty body only makes the object a virtual document (our choice). */
async function add(repository: Repository, call: Call): Promise<Reply> {
  const user = userOf(call);
  const record = objectOf(repository, call);
  const body = call.body.mediaType === "" ? {} : await objectBody(call);
  demandMembers(body, MEMBERS);
  const named = body["selected-object-id"] ?? body["chronicle-id"];
  if (body.href === undefined && named === undefined) {
    convert(repository, user, record);
    return { ...list(repository, call), status: 201 };
  }
  const component = body.href === undefined ? componentById(repository, named) : objectOfHref(repository, body.href, "dm_sysobject");
  const containment = addComponent(repository, user, record, component, settingsOf(body));
  const node = [...repository.virtualDocuments.nodes(record, 1)].find((one) => one.containment.id === containment.id) as VdNode;
  return json(201, nodeText(repository, call, node), { Location: addressOf(call, node) });
}

function componentById(repository: Repository, id: unknown): ObjectRecord {
  const found = repository.versions.current(String(id)) ?? repository.objects.get(String(id));
  if (!found || !repository.types.isA(found.type, "dm_sysobject")) throw noObject(String(id));
  return found;
}

function settingsOf(body: Record<string, unknown>): NodeSettings {
  const flagOf = (name: string): boolean | undefined => {
    const value = body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "boolean") throw badRequest(`The member '${name}' must be true or false.`);
    return value;
  };
  const { binding, "order-number": order, "copy-behavior": copy } = body;
  if (binding !== undefined && binding !== null && typeof binding !== "string") throw badRequest("The member 'binding' is not a string.");
  if (order !== undefined && !Number.isInteger(Number(order))) throw badRequest("The member 'order-number' is not a number.");
  const behaviour = COPY_BEHAVIOURS.find((one) => one === copy);
  if (copy !== undefined && copy !== null && !behaviour) throw badRequest("The member 'copy-behavior' is not one of its words.");
  return {
    ...(order === undefined ? {} : { order: Number(order) }),
    ...(typeof binding === "string" ? { binding } : {}),
    overrideLateBinding: flagOf("override-late-binding"),
    followAssembly: flagOf("follow-assembly"),
    ...(behaviour ? { copyBehaviour: behaviour } : {}),
  };
}

function addressOf(call: Call, { containment, parent }: VdNode): string {
  return call.hrefs.at(`/vd-relations/${containment.id}`, `object-id=${parent.id}`);
}

function nodeText(repository: Repository, call: Call, node: VdNode): string {
  const { virtualDocuments, versions } = repository;
  const { containment, parent, component, number } = node;
  const { values } = containment;
  const children = component ? virtualDocuments.count(component) : 0;
  const chronicle = String(values.component_id ?? NO_ID);
  const members = {
    "node-id": containment.id,
    "relation-id": containment.id,
    "parent-id": parent.id,
    "chronicle-id": chronicle,
    "selected-object-id": component?.id ?? "",
    "selected-object-name": component ? nameOf(component) : "",
    type: component?.type ?? "",
    "book-id": NO_ID,
    "vdm-number": number,
    "order-number": virtualDocuments.containments(parent).findIndex(({ id }) => id === containment.id) + 1,
    binding: values.version_label ?? "",
    "late-binding-value": component ? (versions.labelsOf(component)[0] ?? "") : "",
    "override-late-binding": values.use_node_ver_label ?? false,
    "follow-assembly": values.follow_assembly ?? false,
    "copy-behavior": COPY_BEHAVIOURS[(values.copy_child as number | undefined) ?? 0],
    "is-virtual-document": component ? virtualDocuments.isVirtual(component) : false,
    "is-compound": children > 0,
    "child-count": children,
    "is-binding-broken": component === undefined,
    "is-from-assembly": false,
    "can-be-removed": repository.permits.allows(userOf(call), parent, "write"),
    "available-versions": versions.versions(chronicle).flatMap((version) => versions.labelsOf(version)),
  };
  const self = addressOf(call, node);
  const links: Link[] = [
    { rel: "self", href: self },
    { rel: `${LR}delete`, href: call.hrefs.at(`/vd-relations/${containment.id}`) },
    ...(component ? [{ rel: `${LR}virtual-document-component`, href: call.hrefs.object("objects", component.id) }] : []),
    ...(component ? versionLinks(repository, component, call.hrefs, userOf(call)).filter(({ rel }) => /check(?:out|in)/.test(rel)) : []),
  ];
  return resourceText(members, links);
}
