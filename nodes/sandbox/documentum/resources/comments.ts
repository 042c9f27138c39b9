import { NO_ID } from "../model/id-source";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { type Call, demandMembers, json, objectBody, type Reply, userOf } from "../wire/call";
import { dateText } from "../wire/dates";
import { accessDenied, badRequest, cause, noObject } from "../wire/failures";
import { type Link, LR, resourceText } from "../wire/hrefs";
import { entriesFeed } from "../wire/simple-feed";

const R = "/repositories/:repository";
const MEMBERS =
  "content-value title object-id comment-id owner-name creation-date modify-date parent-id can-delete can-reply links name properties";

/** Comments on objects, and replies to them (wire/documentum.md 16.6). */
export function mountComments(router: Router, repository: Repository): void {
  const comments = `${R}/objects/:id/comments`;
  router.on("GET", comments, (call) => list(repository, call, objectOf(repository, call, "browse"), NO_ID));
  router.on("POST", comments, (call) => add(repository, call, NO_ID));
  router.on("GET", `${comments}/:comment`, (call) => json(200, commentText(call, commentOf(repository, call))));
  router.on("DELETE", `${comments}/:comment`, (call) => remove(repository, call));
  router.on("GET", `${comments}/:comment/replies`, (call) =>
    list(repository, call, objectOf(repository, call, "browse"), commentOf(repository, call).id),
  );
  router.on("POST", `${comments}/:comment/replies`, (call) => add(repository, call, commentOf(repository, call).id));
}

function objectOf(repository: Repository, call: Call, permit: "browse" | "relate"): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_sysobject");
  repository.permits.demand(userOf(call), record, permit);
  return record;
}

function commentOf(repository: Repository, call: Call): ObjectRecord {
  const object = objectOf(repository, call, "browse");
  const comment = repository.objects.get(call.params.comment ?? "");
  if (comment?.type !== "dmc_comment" || comment.values.object_id !== chronicleOf(repository, object))
    throw noObject(call.params.comment ?? "");
  return comment;
}

/** Comments belong to all versions of an object. */
function chronicleOf(repository: Repository, record: ObjectRecord): string {
  return repository.versions.chronicleOf(record);
}

function commentsOf(repository: Repository, object: ObjectRecord, parent: string): ObjectRecord[] {
  const all = [...repository.objects.lookup("object_id", chronicleOf(repository, object))].map((id) => repository.objects.get(id));
  return all.filter((one) => one?.type === "dmc_comment" && (one.values.parent_comment_id ?? NO_ID) === parent) as ObjectRecord[];
}

function list(repository: Repository, call: Call, object: ObjectRecord, parent: string): Reply {
  return entriesFeed(repository, call, `Comments of object ${object.id}`, commentsOf(repository, object, parent), (comment) => ({
    src: addressOf(call, comment),
    title: String(comment.values.title ?? "") || comment.id,
    summary: String(comment.values.content_value ?? ""),
    text: () => commentText(call, comment),
  }));
}

async function add(repository: Repository, call: Call, parent: string): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, MEMBERS.split(" "));
  const { "content-value": content, title } = body;
  if (typeof content !== "string" || content === "") throw badRequest("The member 'content-value' is needed.");
  const at = dateText(repository.now());
  const comment = repository.add("dmc_comment", {
    object_id: chronicleOf(repository, objectOf(repository, call, "relate")),
    owner_name: userOf(call).name,
    content_value: content,
    ...(typeof title === "string" ? { title } : {}),
    ...(parent === NO_ID ? {} : { parent_comment_id: parent }),
    r_creation_date: at,
    r_modify_date: at,
  });
  return json(201, commentText(call, comment), { Location: addressOf(call, comment) });
}

/** With the replies to it. */
function remove(repository: Repository, call: Call): Reply {
  const comment = commentOf(repository, call);
  if (!mayDelete(call, comment)) throw accessDenied(cause("DM_SYSOBJECT_E_NO_DELETE_ACCESS", "The comment belongs to somebody else."));
  const object = objectOf(repository, call, "browse");
  const gone = [comment];
  for (const one of gone) gone.push(...commentsOf(repository, object, one.id));
  for (const { id } of gone) repository.objects.delete(id);
  return { status: 204 };
}

function mayDelete(call: Call, comment: ObjectRecord): boolean {
  return userOf(call).superuser || comment.values.owner_name === userOf(call).name;
}

function addressOf(call: Call, { id }: ObjectRecord): string {
  return call.hrefs.at(`/objects/${call.params.id}/comments/${id}`);
}

function commentText(call: Call, comment: ObjectRecord): string {
  const { values } = comment;
  const members = {
    "object-id": call.params.id,
    "comment-id": comment.id,
    "owner-name": values.owner_name,
    "creation-date": values.r_creation_date,
    "modify-date": values.r_modify_date,
    "parent-id": values.parent_comment_id ?? NO_ID,
    title: values.title ?? "",
    "content-value": values.content_value,
    "can-delete": mayDelete(call, comment),
    "can-reply": true,
  };
  const self = addressOf(call, comment);
  const links: Link[] = [
    { rel: "self", href: self },
    ...(mayDelete(call, comment) ? [{ rel: `${LR}delete`, href: self }] : []),
    { rel: `${LR}replies`, href: call.hrefs.at(`/objects/${call.params.id}/comments/${comment.id}/replies`) },
    { rel: "parent", href: call.hrefs.object("objects", call.params.id ?? "") },
  ];
  return resourceText(members, links);
}
