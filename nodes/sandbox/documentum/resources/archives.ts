import { primaryPages } from "../model/contents";
import { nameOf } from "../model/folder-tree";
import type { ContentRef, ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { type Call, demandMembers, flag, objectBody, type Reply, userOf, wholeNumber } from "../wire/call";
import { badRequest, notFound } from "../wire/failures";
import { type ZipEntry, zipOf } from "../wire/zip";
import { dispositionOf, fileNameOf } from "./media";
import { objectOfHref } from "./references";

const PATH = "/repositories/:repository/archived-contents";

/** Contents of several objects in one ZIP archive (wire/documentum.md 12.6). */
export function mountArchives(router: Router, repository: Repository): void {
  router.on("GET", PATH, (call) => ofObjects(repository, call));
  router.on("POST", PATH, (call) => ofHrefs(repository, call));
}

/** `object-id`, perhaps several in a comma list; with `include-children` the components of virtual documents, too. */
function ofObjects(repository: Repository, call: Call): Reply {
  const ids = (call.query.get("object-id") ?? "").split(",").filter(Boolean);
  if (ids.length === 0) throw badRequest("The query parameter 'object-id' is needed.");
  const named = ids.map((id) => repository.object(id, "dm_sysobject"));
  const label = call.query.get("binding-label") || "CURRENT";
  const depth = wholeNumber(call, "depth", -1);
  const children = flag(call, "include-children", false)
    ? named.flatMap((one) => [...repository.virtualDocuments.nodes(one, depth, label)].map(({ component }) => component))
    : [];
  return archive(repository, call, [...named, ...children.filter((one) => one !== undefined)], false);
}

async function ofHrefs(repository: Repository, call: Call): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, ["hrefs", "links"]);
  if (!Array.isArray(body.hrefs) || body.hrefs.length === 0) throw badRequest("The member 'hrefs' is not a list of addresses.");
  const named = body.hrefs.map((href) => objectOfHref(repository, href, "dm_sysobject"));
  return archive(repository, call, named, flag(call, "all-contents", false));
}

/** Throws before the first byte when the user may not read one of the objects, or there is nothing to pack. */
function archive(repository: Repository, call: Call, records: readonly ObjectRecord[], allContents: boolean): Reply {
  const entries: ZipEntry[] = [];
  const taken = new Set<string>();
  for (const record of new Set(records)) {
    repository.permits.demand(userOf(call), record, "read");
    for (const ref of contentsOf(call, record, allContents)) {
      const content = repository.contents.get(ref.id);
      if (!content) continue;
      const name = freeName(fileNameOf(repository, nameOf(record), content), taken);
      entries.push({ name, path: repository.contents.pathOf(ref.id) });
    }
  }
  if (entries.length === 0) throw notFound("The content");
  return {
    status: 200,
    mediaType: "application/zip",
    headers: { "Content-Disposition": dispositionOf("archived-contents.zip") },
    stream: zipOf(entries),
  };
}

/** The first page, that of a format, or everything. */
function contentsOf(call: Call, record: ObjectRecord, all: boolean): readonly ContentRef[] {
  const format = call.query.get("format");
  if (all) return record.contents ?? [];
  const chosen = format ? (record.contents ?? []).filter((ref) => ref.format === format) : primaryPages(record);
  return chosen.slice(0, 1);
}

/** No slash leads out of the folder somebody unpacks it in, and no name comes twice. */
function freeName(wanted: string, taken: Set<string>): string {
  const plain = wanted.replace(/[/\\]/g, "_").replace(/^\.+/, "_");
  const [, base = plain, extension = ""] = /^(.*?)(\.[^.]*)?$/s.exec(plain) ?? [];
  let name = plain;
  for (let number = 2; taken.has(name); number += 1) name = `${base} (${number})${extension}`;
  taken.add(name);
  return name;
}
