import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { commitDraft, type Draft } from "../operations/create";
import { receiveParts } from "../operations/intake";
import { draftLight, setMaterialized, sharedParentOf, shareOther } from "../operations/lightweight";
import type { Router } from "../router";
import { type Call, demandMembers, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest } from "../wire/failures";
import { homeKind } from "../wire/links";
import { objectReply } from "../wire/object-reply";
import { listObjects } from "./listings";
import { objectOfHref } from "./references";

const R = "/repositories/:repository";
const MEMBERS = ["properties", "type", "name", "definition", "links"];

/** Objects that share another one's values (rows `lw-objects`, `parent`, `materialization` of wire/documentum.md section 25). */
export function mountLightweight(router: Router, repository: Repository): void {
  router.on("GET", `${R}/objects/:id/lw-objects`, (call) => {
    const parent = objectOf(repository, call);
    return listObjects(repository, call, repository.objects.lookup("i_sharing_parent", parent.id), {
      title: `Lightweight objects of object ${parent.id}`,
      kind: "objects",
      type: "dm_sysobject",
    });
  });
  router.on("POST", `${R}/objects/:id/lw-objects`, (call) => create(repository, call));
  router.on("GET", `${R}/objects/:id/parent`, (call) => {
    const parent = sharedParentOf(repository, objectOf(repository, call));
    return objectReply(repository, call, parent, homeKind(repository, parent));
  });
  router.on("POST", `${R}/objects/:id/parent`, async (call) => {
    const body = await objectBody(call);
    demandMembers(body, ["href", "links", "name"]);
    const parent = objectOfHref(repository, body.href, "dm_sysobject");
    return objectReply(repository, call, shareOther(repository, userOf(call), objectOf(repository, call), parent), "objects");
  });
  router.on("PUT", `${R}/objects/:id/materialization`, (call) =>
    objectReply(repository, call, setMaterialized(repository, userOf(call), objectOf(repository, call), true), "objects"),
  );
  router.on("DELETE", `${R}/objects/:id/materialization`, (call) => {
    setMaterialized(repository, userOf(call), objectOf(repository, call), false);
    return { status: 204 };
  });
}

function objectOf(repository: Repository, call: Call): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_sysobject");
  repository.permits.demand(userOf(call), record, "browse");
  return record;
}

/** With or without content, as every other object. */
async function create(repository: Repository, call: Call): Promise<Reply> {
  const user = userOf(call);
  const parent = objectOf(repository, call);
  let draft: Draft | undefined;
  const check = (body: Record<string, unknown>): void => {
    demandMembers(body, MEMBERS);
    draft = draftLight(repository, user, parent, body);
  };
  const multipart = /^multipart\//.test(call.body.mediaType);
  if (!multipart) check(await objectBody(call));
  const { contents } = multipart ? await receiveParts(repository, call, { metadataFirst: () => true, check }) : { contents: [] };
  if (!draft) throw badRequest("The metadata part is missing.");
  const record = commitDraft(repository, user, draft, contents);
  const reply = objectReply(repository, call, record, "objects", repository.switches.number("create-status"));
  return { ...reply, headers: { ...reply.headers, Location: call.hrefs.object("objects", record.id) } };
}
