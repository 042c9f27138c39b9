import { nameOf, parentsOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { demandLinked, linkObject, moveObject, unlinkObject } from "../operations/linking";
import type { Router } from "../router";
import { type Call, demandMembers, flag, json, objectBody, type Reply, userOf } from "../wire/call";
import { dateText } from "../wire/dates";
import { feed, readPage, slice } from "../wire/feed";
import { LR, linksText } from "../wire/hrefs";
import { objectOfHref } from "./references";

const R = "/repositories/:repository";

/** A link is looked at from the object (`parent-links`) or from the folder (`child-links`). */
type Side = "parent-links" | "child-links";

interface Linked {
  child: ObjectRecord;
  folder: ObjectRecord;
}

/** Linking, unlinking and moving (wire/documentum.md 16.1). */
export function mountFolderLinks(router: Router, repository: Repository): void {
  const parents = `${R}/objects/:id/parent-links`;
  const children = `${R}/folders/:folder/child-links`;
  router.on("GET", parents, (call) => listParents(repository, call));
  router.on("GET", children, (call) => listChildren(repository, call));
  router.on("POST", parents, (call) => link(repository, call, "parent-links"));
  router.on("POST", children, (call) => link(repository, call, "child-links"));
  router.on("PUT", `${parents}/:folder`, (call) => move(repository, call));
  for (const [path, side] of [
    [`${parents}/:folder`, "parent-links"],
    [`${children}/:id`, "child-links"],
  ] as const) {
    router.on("GET", path, (call) => linkReply(call, side, linkedOf(repository, call)));
    router.on("DELETE", path, (call) => {
      const { child, folder } = linkedOf(repository, call);
      unlinkObject(repository, userOf(call), child, folder.id);
      return { status: 204 };
    });
  }
}

function childOf(repository: Repository, call: Call): ObjectRecord {
  return repository.object(call.params.id ?? "", "dm_sysobject");
}

function folderOf(repository: Repository, call: Call): ObjectRecord {
  return repository.object(call.params.folder ?? "", "dm_folder");
}

function linkedOf(repository: Repository, call: Call): Linked {
  const linked = { child: childOf(repository, call), folder: folderOf(repository, call) };
  repository.permits.demand(userOf(call), linked.child, "browse");
  demandLinked(linked.child, linked.folder.id);
  return linked;
}

function listParents(repository: Repository, call: Call): Reply {
  const child = childOf(repository, call);
  repository.permits.demand(userOf(call), child, "browse");
  const folders = parentsOf(child).map((id) => repository.objects.get(id));
  const linked = folders.filter((folder) => folder !== undefined).map((folder) => ({ child, folder }));
  return linkFeed(repository, call, "parent-links", `Parent folder links of object ${child.id}`, linked);
}

function listChildren(repository: Repository, call: Call): Reply {
  const folder = folderOf(repository, call);
  repository.permits.demand(userOf(call), folder, "browse");
  return linkFeed(repository, call, "child-links", `Child links of folder ${folder.id}`, childrenOf(repository, call, folder));
}

function* childrenOf(repository: Repository, call: Call, folder: ObjectRecord): Iterable<Linked> {
  const allVersions = flag(call, "include-all-versions", false);
  for (const id of repository.folders.children(folder.id)) {
    const child = repository.objects.get(id);
    if (child && (allVersions || repository.versions.isCurrent(child))) yield { child, folder };
  }
}

function linkFeed(repository: Repository, call: Call, side: Side, title: string, all: Iterable<Linked>): Reply {
  const page = readPage(call, repository.switches);
  const inline = flag(call, "inline", false);
  const found = slice(all, page);
  const entries = found.items.map((linked) => {
    const src = addressOf(call, side, linked);
    return {
      id: src,
      title: nameOf(side === "parent-links" ? linked.folder : linked.child),
      updated: dateText(repository.now()),
      links: [{ rel: "edit", href: src }],
      src,
      ...(inline ? { content: linkText(call, side, linked) } : {}),
    };
  });
  return feed(call, title, page, found, entries, repository.now());
}

async function link(repository: Repository, call: Call, side: Side): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, ["href", "links", "name"]);
  const child = side === "parent-links" ? childOf(repository, call) : objectOfHref(repository, body.href, "dm_sysobject");
  const folder = side === "parent-links" ? objectOfHref(repository, body.href, "dm_folder") : folderOf(repository, call);
  const linked = { child: linkObject(repository, userOf(call), child, folder.id), folder };
  const reply = linkReply(call, side, linked);
  return { ...reply, status: 201, headers: { Location: addressOf(call, side, linked) } };
}

/** `include-all-versions` moves every version of the object that is in the folder. */
async function move(repository: Repository, call: Call): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, ["href", "links", "name"]);
  const child = childOf(repository, call);
  const from = folderOf(repository, call);
  const to = objectOfHref(repository, body.href, "dm_folder");
  const moved = moveObject(repository, userOf(call), child, from.id, to.id);
  if (flag(call, "include-all-versions", false)) {
    for (const version of repository.versions.versions(repository.versions.chronicleOf(moved))) {
      if (version.id !== moved.id && parentsOf(version).includes(from.id)) moveObject(repository, userOf(call), version, from.id, to.id);
    }
  }
  return linkReply(call, "parent-links", { child: moved, folder: to });
}

function linkReply(call: Call, side: Side, linked: Linked): Reply {
  return json(200, linkText(call, side, linked));
}

function addressOf(call: Call, side: Side, { child, folder }: Linked): string {
  return side === "parent-links"
    ? call.hrefs.at(`/objects/${child.id}/${side}/${folder.id}`)
    : call.hrefs.at(`/folders/${folder.id}/${side}/${child.id}`);
}

function linkText(call: Call, side: Side, linked: Linked): string {
  const { child, folder } = linked;
  const self = addressOf(call, side, linked);
  const href = side === "parent-links" ? call.hrefs.object("folders", folder.id) : call.hrefs.object("objects", child.id);
  const links = [
    { rel: "self", href: self },
    { rel: `${LR}delete`, href: self },
  ];
  return `{"href":${JSON.stringify(href)},"parent-id":"${folder.id}","child-id":"${child.id}","links":${linksText(links)}}`;
}
