import { nameOf } from "../model/folder-tree";
import { NO_ID } from "../model/id-source";
import type { ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import { readProperties } from "../model/values";
import { assembliesOf, dropSnapshot, setFrozen, takeSnapshot } from "../operations/snapshots";
import type { Router } from "../router";
import { type Call, demandMembers, flag, json, objectBody, type Reply, userOf, wholeNumber } from "../wire/call";
import { badRequest, noObject } from "../wire/failures";
import { type Link, LR, linksText, resourceText } from "../wire/hrefs";
import { propertiesText, readView } from "../wire/render";
import { entriesFeed } from "../wire/simple-feed";
import { objectOfHref } from "./references";

const R = "/repositories/:repository";

/** Snapshots of virtual documents; freezing one is the only freeze there is (wire/documentum.md 16.3). */
export function mountSnapshots(router: Router, repository: Repository): void {
  router.on("GET", `${R}/snapshots`, (call) => list(repository, call));
  router.on("POST", `${R}/snapshots`, (call) => create(repository, call));
  router.on("GET", `${R}/snapshots/:id`, (call) => json(200, snapshotText(repository, call, snapshotOf(repository, call))));
  router.on("DELETE", `${R}/snapshots/:id`, (call) => {
    dropSnapshot(repository, userOf(call), snapshotOf(repository, call));
    return { status: 204 };
  });
  router.on("PUT", `${R}/snapshots/:id/frozen`, (call) => {
    const frozen = setFrozen(repository, userOf(call), snapshotOf(repository, call), true);
    return json(200, snapshotText(repository, call, frozen));
  });
  router.on("DELETE", `${R}/snapshots/:id/frozen`, (call) => {
    setFrozen(repository, userOf(call), snapshotOf(repository, call), false);
    return { status: 204 };
  });
  router.on("GET", `${R}/snapshots/:id/vd-nodes`, (call) => nodes(repository, call));
}

function isSnapshot({ values }: ObjectRecord): boolean {
  return ((values.r_assembled_from_id as string | undefined) ?? NO_ID) !== NO_ID;
}

function snapshotOf(repository: Repository, call: Call): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_sysobject");
  repository.permits.demand(userOf(call), record, "browse");
  if (!isSnapshot(record)) throw noObject(record.id);
  return record;
}

/** `object-id`: those of one virtual document. */
function list(repository: Repository, call: Call): Reply {
  const root = call.query.get("object-id");
  const ids = root ? repository.objects.lookup("r_assembled_from_id", root) : snapshotIds(repository);
  const all = [...ids].map((id) => repository.objects.get(id)).filter((one) => one !== undefined);
  const visible = all.filter((one) => isSnapshot(one) && repository.permits.allows(userOf(call), one, "browse"));
  return entriesFeed(repository, call, "Snapshots", visible, (snapshot) => ({
    src: call.hrefs.at(`/snapshots/${snapshot.id}`),
    title: nameOf(snapshot),
    text: () => snapshotText(repository, call, snapshot),
  }));
}

/** Every snapshot has nodes: without any it would be of nothing. */
function snapshotIds(repository: Repository): Set<string> {
  const ids = new Set<string>();
  for (const id of repository.objects.idsOf("dm_assembly")) ids.add(String(repository.objects.get(id)?.values.book_id));
  return ids;
}

/** The virtual document is named by `href`, or by `object-id` in the query (our choice: the description leaves it open). */
async function create(repository: Repository, call: Call): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, ["properties", "href", "type", "name", "definition", "links"]);
  const id = call.query.get("object-id");
  if (!id && body.href === undefined) throw badRequest("The virtual document is not named.");
  const root = id ? repository.object(id, "dm_sysobject") : objectOfHref(repository, body.href, "dm_sysobject");
  const values = merge({}, readProperties(repository.types.known(root.type), "snapshot", body.properties, repository.switches));
  const snapshot = takeSnapshot(repository, userOf(call), root, values, {
    label: call.query.get("binding-label") || "CURRENT",
    includeBroken: flag(call, "include-broken", false),
    frozen: flag(call, "frozen", true),
  });
  return json(201, snapshotText(repository, call, snapshot), { Location: call.hrefs.at(`/snapshots/${snapshot.id}`) });
}

function snapshotText(repository: Repository, call: Call, snapshot: ObjectRecord): string {
  const { hrefs } = call;
  const self = hrefs.at(`/snapshots/${snapshot.id}`);
  const links: Link[] = [
    { rel: "self", href: self },
    { rel: "edit", href: self },
    { rel: `${LR}delete`, href: self },
    { rel: `${LR}virtual-document-nodes`, href: hrefs.at(`/snapshots/${snapshot.id}/vd-nodes`) },
    { rel: "canonical", href: hrefs.object("objects", snapshot.id) },
  ];
  const head = `{"name":"snapshot","type":${JSON.stringify(snapshot.type)},"definition":${JSON.stringify(hrefs.type(snapshot.type))}`;
  const properties = propertiesText(repository, snapshot, readView(call.query.get("view")));
  return `${head},"properties":${properties},"links":${linksText(links)}}`;
}

function nodes(repository: Repository, call: Call): Reply {
  const snapshot = snapshotOf(repository, call);
  const depth = wholeNumber(call, "depth", 1);
  const below = call.query.get("vdm-number");
  const chosen = assembliesOf(repository, snapshot).filter(({ values }) => {
    const number = String(values.path_name);
    const level = number.split(".").length - (below ? below.split(".").length : 0);
    return (!below || number.startsWith(`${below}.`)) && (depth < 0 || level <= depth);
  });
  return entriesFeed(repository, call, `Nodes of snapshot ${snapshot.id}`, chosen, (assembly) => {
    const component = repository.objects.get(String(assembly.values.component_id));
    return {
      src: call.hrefs.object("objects", String(assembly.values.component_id)),
      title: component ? nameOf(component) : assembly.id,
      text: () => nodeText(call, assembly, component),
    };
  });
}

function nodeText(call: Call, assembly: ObjectRecord, component: ObjectRecord | undefined): string {
  const { values, id } = assembly;
  const members = {
    "node-id": id,
    "book-id": values.book_id,
    "parent-id": values.parent_id,
    "selected-object-id": values.component_id,
    "selected-object-name": component ? nameOf(component) : "",
    "vdm-number": values.path_name,
    "order-number": values.order_no,
    "is-from-assembly": true,
    "is-binding-broken": component === undefined,
  };
  const href = call.hrefs.object("objects", String(values.component_id));
  return resourceText(members, component ? [{ rel: `${LR}virtual-document-component`, href }] : []);
}
