import type { ContentRef, ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { type Changes, readProperties } from "../model/values";
import { receiveBody, receiveParts } from "../operations/intake";
import {
  type CheckinOptions,
  cancelCheckout,
  checkIn,
  checkinBase,
  checkOut,
  demandCheckin,
  type VersionPolicy,
} from "../operations/versioning";
import type { Router } from "../router";
import { type Call, choice, demandMembers, flag, isStructured, list, parseObject, type Reply, userOf } from "../wire/call";
import { demandMatch } from "../wire/etag";
import { badRequest, noObject } from "../wire/failures";
import { objectReply } from "../wire/object-reply";
import { listObjects } from "./listings";

const R = "/repositories/:repository";
const POLICIES = ["next-major", "next-minor", "branch-version", "same-version", "none"] as const;
const MEMBERS = ["properties", "type", "name", "definition", "links"];

/** Locks, check-in and version history (wire/documentum.md section 13). */
export function mountVersions(router: Router, repository: Repository): void {
  router.on("PUT", `${R}/objects/:id/lock`, (call) => {
    const record = objectOf(repository, call);
    demandMatch(call, record, repository.switches);
    return objectReply(repository, call, checkOut(repository, userOf(call), record), "objects");
  });
  router.on("DELETE", `${R}/objects/:id/lock`, (call) => {
    cancelCheckout(repository, userOf(call), objectOf(repository, call));
    return { status: 204 };
  });
  router.on("GET", `${R}/objects/:id/versions`, (call) => history(repository, call));
  router.on("POST", `${R}/objects/:id/versions`, (call) => checkin(repository, call));
  router.on("GET", `${R}/objects/:id/versions/current`, (call) => currentVersion(repository, call));
  router.on("GET", `${R}/checked-out-objects`, (call) => checkedOut(repository, call));
}

function objectOf(repository: Repository, call: Call): ObjectRecord {
  return repository.object(call.params.id ?? "", "dm_sysobject");
}

/** The chronicle of a path that names any of its versions, or the chronicle itself. */
function chronicleOf(repository: Repository, call: Call): string {
  const id = call.params.id ?? "";
  const record = repository.objects.get(id);
  return record ? repository.versions.chronicleOf(record) : id;
}

function history(repository: Repository, call: Call): Reply {
  const chronicle = chronicleOf(repository, call);
  const newestFirst = repository.versions.versions(chronicle).reverse();
  return listObjects(
    repository,
    call,
    newestFirst.map(({ id }) => id),
    { title: `All versions of chronicle object ${chronicle}`, kind: "objects", type: "dm_sysobject", allVersions: true },
  );
}

/** `self` is this address, `edit` the current object (13). */
function currentVersion(repository: Repository, call: Call): Reply {
  const record = repository.versions.current(chronicleOf(repository, call));
  if (!record) throw noObject(call.params.id ?? "");
  repository.permits.demand(userOf(call), record, "browse");
  return objectReply(repository, call, record, "objects", 200, call.hrefs.at(`/objects/${call.params.id}/versions/current`));
}

function checkedOut(repository: Repository, call: Call): Reply {
  const by = choice(call, "checked-out-by", ["current-user", "specific-user", "any"], "current-user");
  const name = by === "specific-user" ? (call.query.get("user-name") ?? "") : userOf(call).name;
  const ids = repository.locks.ids().filter((id) => {
    const record = repository.objects.get(id);
    return record !== undefined && (by === "any" || repository.locks.of(record)?.owner === name);
  });
  return listObjects(repository, call, ids, { title: "Checked out objects", kind: "objects", type: "dm_sysobject", allVersions: true });
}

interface Incoming {
  changes: Changes;
  contents?: ContentRef[];
}

async function checkin(repository: Repository, call: Call): Promise<Reply> {
  const user = userOf(call);
  const options = readOptions(call);
  const base = (): ObjectRecord => checkinBase(repository, chronicleOf(repository, call), call.query.get("object-id"));
  demandCheckin(repository, user, base(), options);
  const incoming = await receive(repository, call, base());
  try {
    const before = base();
    const saved = checkIn(repository, user, before, options, incoming.changes, incoming.contents);
    if (saved.id === before.id) await repository.contents.discard(before.contents?.map(({ id }) => id) ?? []);
    const reply = objectReply(repository, call, saved, "objects", repository.switches.number("checkin-status"));
    return { ...reply, headers: { ...reply.headers, Location: call.hrefs.object("objects", saved.id) } };
  } catch (error) {
    await repository.contents.discard(incoming.contents?.map(({ id }) => id) ?? []);
    throw error;
  }
}

function readOptions(call: Call): CheckinOptions {
  const policy = choice(call, "version-policy", POLICIES, "none");
  if (policy === "none") throw badRequest("The query parameter 'version-policy' is needed.");
  return {
    policy: policy satisfies VersionPolicy,
    labels: list(call, "version-label"),
    makeCurrent: flag(call, "make-current", true),
    retainLock: flag(call, "retain-lock", false),
    comment: call.query.get("comment") ?? undefined,
  };
}

/** Properties, bytes, or both: the type of the request and of its first part decides (section 13). */
async function receive(repository: Repository, call: Call, base: ObjectRecord): Promise<Incoming> {
  const { mediaType } = call.body;
  const read = (body: Record<string, unknown>): Changes => {
    demandMembers(body, MEMBERS);
    return readProperties(repository.types.known(base.type), "object", body.properties, repository.switches);
  };
  if (/^multipart\//.test(mediaType)) {
    let changes: Changes = {};
    const { contents } = await receiveParts(repository, call, {
      // One without any media type holds properties, too [INF].
      metadataFirst: (type) => type === "" || isStructured(type),
      check(body) {
        changes = read(body);
      },
    });
    return { changes, ...(contents.length > 0 ? { contents } : {}) };
  }
  if (isStructured(mediaType)) return { changes: read(parseObject(await call.body.bytes(), mediaType)) };
  if (mediaType === "" && (call.header("content-length") ?? "0") === "0" && call.header("transfer-encoding") === undefined)
    return { changes: {} };
  return { changes: {}, contents: [await receiveBody(repository, call)] };
}
