import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { ITEM_STATE, isPerformer, packagesOf, referring } from "../model/workflows";
import { demandVisible, workflowOf } from "../operations/work-items";
import { addNote } from "../operations/workflow";
import type { Router } from "../router";
import { type Call, demandMembers, json, objectBody, type Reply, userOf } from "../wire/call";
import { accessDenied, badRequest, cause, noObject, notFound } from "../wire/failures";
import { type Link, LR, resourceText } from "../wire/hrefs";
import { homeKind } from "../wire/links";
import { entriesFeed } from "../wire/simple-feed";
import { type PlainKind, plainReply } from "./plain-objects";

const PATH = "/repositories/:repository/work-items/:item";

export const workItemKind: PlainKind = {
  name: "work-item",
  feedTitle: "Work items",
  type: "dmi_workitem",
  titleOf: ({ values }) => String(values.r_act_name ?? ""),
  addressOf: (call, record) => call.hrefs.at(`/work-items/${record.id}`),
  linksOf: (call, { id, values }): Link[] => [
    { rel: "self", href: call.hrefs.at(`/work-items/${id}`) },
    { rel: `${LR}workflow`, href: call.hrefs.at(`/workflows/${values.r_workflow_id}`) },
    { rel: `${LR}workflow-activity`, href: call.hrefs.at(`/workflow-activities/${values.r_act_def_id}`) },
    { rel: `${LR}task-packages`, href: call.hrefs.at(`/work-items/${id}/packages`) },
    { rel: `${LR}inbox-item`, href: call.hrefs.at(`/inbox/${values.r_queue_item_id}`) },
  ],
};

/** Work items with their packages and notes (wire/documentum.md section 19). */
export function mountWorkItems(router: Router, repository: Repository): void {
  const one = `${PATH}/packages/:index`;
  router.on("GET", PATH, (call) => plainReply(repository, call, workItemKind, itemOf(repository, call)));
  router.on("GET", `${PATH}/packages`, (call) => {
    const item = itemOf(repository, call);
    const packages = packagesOf(repository, String(item.values.r_workflow_id)).map((filled, index) => ({ filled, index }));
    return entriesFeed(repository, call, "Task packages", packages, ({ filled, index }) => ({
      src: call.hrefs.at(`/work-items/${item.id}/packages/${index}`),
      title: String(filled.values.r_package_name),
      text: () => packageText(repository, call, item, filled, index),
    }));
  });
  router.on("GET", one, (call) => packageReply(repository, call));
  router.on("POST", one, (call) => fill(repository, call));
  router.on("DELETE", `${one}/documents`, (call) => {
    const { filled } = demandOwn(repository, call);
    repository.save(filled, { r_component_id: undefined }, userOf(call));
    return { status: 204 };
  });
  router.on("DELETE", `${one}/notes/:note`, (call) => {
    const { filled } = demandOwn(repository, call);
    const note = referring(repository, "dm_note", "package_id", filled.id).find(({ id }) => id === call.params.note);
    if (!note) throw noObject(call.params.note ?? "");
    if (note.values.writer !== userOf(call).name) throw accessDenied(cause("DM_WORKFLOW_E_NOTE_OWNER", "The note is somebody else's."));
    repository.objects.delete(note.id);
    return { status: 204 };
  });
}

function itemOf(repository: Repository, call: Call): ObjectRecord {
  const item = repository.object(call.params.item ?? "", "dmi_workitem");
  demandVisible(repository, userOf(call), item);
  return item;
}

interface Place {
  item: ObjectRecord;
  filled: ObjectRecord;
  index: number;
}

function placeOf(repository: Repository, call: Call): Place {
  const item = itemOf(repository, call);
  const index = Number(call.params.index);
  const filled = packagesOf(repository, String(item.values.r_workflow_id))[index];
  if (!filled) throw notFound("The package");
  return { item, filled, index };
}

/** Packages change in the hands of who performs the task, and only until it is done. */
function demandOwn(repository: Repository, call: Call): Place {
  const place = placeOf(repository, call);
  const { values } = place.item;
  if (!isPerformer(repository, userOf(call), String(values.r_performer_name)) || values.r_runtime_state === ITEM_STATE.finished) {
    throw accessDenied(cause("DM_WORKFLOW_E_NOT_PERFORMER", "The task is somebody else's, or finished."));
  }
  return place;
}

function packageReply(repository: Repository, call: Call): Reply {
  const { item, filled, index } = placeOf(repository, call);
  return json(200, packageText(repository, call, item, filled, index));
}

/** `{"document-ids":[...],"notes":[{"text","persistent"}]}`: both are added to what is there. */
async function fill(repository: Repository, call: Call): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, ["document-ids", "notes", "links"]);
  const { "document-ids": ids = [], notes = [] } = body;
  if (!Array.isArray(ids) || !Array.isArray(notes)) throw badRequest("The members 'document-ids' and 'notes' must be lists.");
  const { filled } = demandOwn(repository, call);
  const user = userOf(call);
  for (const id of ids) repository.permits.demand(user, repository.object(String(id), "dm_sysobject"), "read");
  const texts = notes.map((note) => {
    const { text, persistent } = (note ?? {}) as Record<string, unknown>;
    if (typeof text !== "string" || text === "") throw badRequest("A note has no text.");
    return { text, persistent: persistent === true };
  });
  const all = [...new Set([...((filled.values.r_component_id as string[] | undefined) ?? []), ...ids.map(String)])];
  if (ids.length > 0) repository.save(filled, { r_component_id: all }, user);
  for (const { text, persistent } of texts) addNote(repository, user, filled, text, persistent);
  return packageReply(repository, call);
}

function packageText(repository: Repository, call: Call, item: ObjectRecord, filled: ObjectRecord, index: number): string {
  const { hrefs } = call;
  const ids = (filled.values.r_component_id as string[] | undefined) ?? [];
  const notes = referring(repository, "dm_note", "package_id", filled.id);
  const members = {
    "task-id": item.id,
    index,
    "package-name": filled.values.r_package_name,
    status: ids.length > 0 ? "FULL" : "EMPTY",
    optional: false,
    visible: true,
    operation: "",
    "required-type": "dm_document",
    "required-labels": null,
    "note-count": notes.length,
    notes: notes.map(({ id, values }) => ({
      id,
      text: values.note_text,
      persistent: values.is_persistent,
      "creation-date": values.r_creation_date,
      writer: values.writer,
      flag: 0,
      "is-new": false,
    })),
    "document-count": ids.length,
    "document-ids": ids,
    "skill-level": 0,
    "form-template-defined": false,
    "form-template-name": "",
    "form-for-properties": false,
  };
  const self = `/work-items/${item.id}/packages/${index}`;
  const documents = ids.map((id) => repository.objects.get(id)).filter((one) => one !== undefined);
  const own = isPerformer(repository, userOf(call), String(item.values.r_performer_name));
  const links: Link[] = [
    { rel: "self", href: hrefs.at(self) },
    ...documents.map((one) => ({ rel: `${LR}document`, title: nameOf(one), href: hrefs.object(homeKind(repository, one), one.id) })),
    { rel: `${LR}work-item`, href: hrefs.at(`/work-items/${item.id}`) },
    { rel: `${LR}workflow`, href: hrefs.at(`/workflows/${workflowOf(repository, item).id}`) },
    ...(own && ids.length > 0 ? [{ rel: `${LR}delete-documents`, href: hrefs.at(`${self}/documents`) }] : []),
    ...notes
      .filter(({ values }) => values.writer === userOf(call).name)
      .map(({ id }) => ({ rel: `${LR}delete-note`, title: id, href: hrefs.at(`${self}/notes/${id}`) })),
  ];
  return resourceText(members, links);
}
