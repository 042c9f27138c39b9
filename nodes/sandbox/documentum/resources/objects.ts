import type { Repository } from "../model/repository";
import { commitDraft, copyObject, type Draft, demandFolder, draftObject, type Place } from "../operations/create";
import { deleteObject } from "../operations/delete";
import { receiveParts } from "../operations/intake";
import { updateObject } from "../operations/update";
import { validationFor } from "../operations/validation";
import type { Router } from "../router";
import { type Call, choice, demandMembers, flag, objectBody, type Reply, userOf } from "../wire/call";
import { demandMatch, etagOf, notModified } from "../wire/etag";
import { badRequest } from "../wire/failures";
import { type Kind, NAME_OF_KIND } from "../wire/links";
import { objectReply } from "../wire/object-reply";
import { listObjects } from "./listings";
import { objectOfHref } from "./references";

const R = "/repositories/:repository";
/** wire/documentum.md 7.4; `name`, `definition` and `links` come back from clients that post what they read. */
const MEMBERS = ["properties", "type", "name", "definition", "links", "href", "deep-copy", "object-aspects", "object-lifecycle"];
const TYPE_OF_KIND: Record<Kind, string> = {
  cabinets: "dm_cabinet",
  folders: "dm_folder",
  documents: "dm_document",
  objects: "dm_sysobject",
};

/** Cabinets, folders, documents and objects: list, create, read, update, delete (wire/documentum.md section 11). */
export function mountObjects(router: Router, repository: Repository): void {
  router.on("GET", `${R}/cabinets`, (call) =>
    listObjects(repository, call, repository.objects.idsOf("dm_cabinet"), { title: "Cabinets", kind: "cabinets", type: "dm_cabinet" }),
  );
  router.on("POST", `${R}/cabinets`, (call) => createObject(repository, call, "cabinets", { type: "dm_cabinet", kind: "cabinet" }));
  for (const kind of ["folders", "documents", "objects"] as const) {
    router.on("GET", `${R}/folders/:id/${kind}`, (call) => listChildren(repository, call, kind));
    router.on("POST", `${R}/folders/:id/${kind}`, (call) => createObject(repository, call, kind, placeOf(call, kind)));
  }
  for (const kind of Object.keys(TYPE_OF_KIND) as Kind[]) {
    router.on("GET", `${R}/${kind}/:id`, (call) => readObject(repository, call, kind));
    router.on("POST", `${R}/${kind}/:id`, (call) => changeObject(repository, call, kind));
    router.on("DELETE", `${R}/${kind}/:id`, (call) => removeObject(repository, call, kind));
  }
}

function placeOf(call: Call, kind: Kind): Place {
  return {
    folderId: call.params.id,
    type: TYPE_OF_KIND[kind],
    kind: NAME_OF_KIND[kind],
    // Cabinets stand in no folder.
    except: "dm_cabinet",
  };
}

function listChildren(repository: Repository, call: Call, kind: Kind): Reply {
  const folder = repository.object(call.params.id ?? "", "dm_folder");
  repository.permits.demand(userOf(call), folder, "browse");
  const word = kind.charAt(0).toUpperCase() + kind.slice(1);
  return listObjects(repository, call, repository.folders.children(folder.id), {
    title: `${word} under folder ${folder.id}`,
    kind,
    type: TYPE_OF_KIND[kind],
  });
}

async function createObject(repository: Repository, call: Call, kind: Kind, place: Place): Promise<Reply> {
  const user = userOf(call);
  if (place.folderId !== undefined) demandFolder(repository, user, place.folderId);
  if (/^multipart\//.test(call.body.mediaType)) return createWithContent(repository, call, kind, place);
  const body = await objectBody(call);
  demandMembers(body, MEMBERS);
  if (body.href !== undefined && kind === "objects" && place.folderId !== undefined) {
    const source = objectOfHref(repository, body.href, "dm_sysobject");
    return created(repository, call, kind, copyObject(repository, user, source, place.folderId).id);
  }
  return created(
    repository,
    call,
    kind,
    commitDraft(repository, user, draftObject(repository, user, place, body, validationFor(repository, call))).id,
  );
}

async function createWithContent(repository: Repository, call: Call, kind: Kind, place: Place): Promise<Reply> {
  const user = userOf(call);
  let draft: Draft | undefined;
  const { contents } = await receiveParts(repository, call, {
    metadataFirst: () => true,
    check(body) {
      demandMembers(body, MEMBERS);
      draft = draftObject(repository, user, place, body, validationFor(repository, call));
      if (repository.types.isA(draft.type.name, "dm_folder")) throw badRequest("A folder takes no content.");
    },
  });
  try {
    if (!draft) throw badRequest("The metadata part is missing.");
    return created(repository, call, kind, commitDraft(repository, user, draft, contents).id);
  } catch (error) {
    // The folder may have gone while the content came.
    await repository.contents.discard(contents.map(({ id }) => id));
    throw error;
  }
}

function created(repository: Repository, call: Call, kind: Kind, id: string): Reply {
  const reply = objectReply(repository, call, repository.object(id, "dm_sysobject"), kind, repository.switches.number("create-status"));
  const location = kind === "documents" ? (repository.switches.text("location-of-documents") as Kind) : kind;
  return { ...reply, headers: { ...reply.headers, Location: call.hrefs.object(location, id) } };
}

function readObject(repository: Repository, call: Call, kind: Kind): Reply {
  const record = repository.object(call.params.id ?? "", TYPE_OF_KIND[kind]);
  repository.permits.demand(userOf(call), record, "browse");
  return notModified(call, etagOf(record), repository.switches) ?? objectReply(repository, call, record, kind);
}

async function changeObject(repository: Repository, call: Call, kind: Kind): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, MEMBERS);
  const record = repository.object(call.params.id ?? "", TYPE_OF_KIND[kind]);
  demandMatch(call, record, repository.switches);
  return objectReply(
    repository,
    call,
    updateObject(repository, userOf(call), record, NAME_OF_KIND[kind], body, validationFor(repository, call)),
    kind,
  );
}

async function removeObject(repository: Repository, call: Call, kind: Kind): Promise<Reply> {
  const record = repository.object(call.params.id ?? "", TYPE_OF_KIND[kind]);
  demandMatch(call, record, repository.switches);
  await deleteObject(repository, userOf(call), record, {
    versions: choice(call, "del-version", ["selected", "unused", "all"], "selected"),
    components: flag(call, "del-vd-all", false),
    nonEmpty: flag(call, "del-non-empty", false),
    allLinks: flag(call, "del-all-links", false),
  });
  return { status: 204 };
}
