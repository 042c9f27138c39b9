import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { demandChangeable } from "../operations/demands";
import type { Router } from "../router";
import { type Call, json, objectBody, type Reply, userOf } from "../wire/call";
import { dateText, readDate } from "../wire/dates";
import { badRequest, notFound } from "../wire/failures";

const PATH = "/repositories/:repository/demo-retention";
/** Says on every reply that this is no resource of the product. */
const LABEL = { "X-Site-Extension": "docbridge-sandbox" };
const DAY = 24 * 60 * 60 * 1000;

/**
 * The extension that this stand-in's site has built for itself, as sites do (wire/documentum.md 20.4). It is NOT part of
 * the product: it puts an object under a policy, or starts the retention of everything in a folder at the day the case
 * was closed. GET reads; GET with a policy or a close date, POST and PUT apply. Parameters come in the query or in a JSON
 * object: `object-id` or `folder-id`, `policy`, `close-date`.
 */
export function mountSiteRetention(router: Router, repository: Repository): void {
  for (const method of ["GET", "POST", "PUT"]) router.on(method, PATH, (call) => answer(repository, call));
}

async function answer(repository: Repository, call: Call): Promise<Reply> {
  if (!repository.switches.isOn("retention-extension")) throw notFound("The requested resource");
  const body = call.body.mediaType === "" || call.method === "GET" ? {} : await objectBody(call);
  const parameter = (name: string, alias: string): string =>
    call.query.get(name) ?? call.query.get(alias) ?? String(body[name] ?? body[alias] ?? "");
  const id = parameter("object-id", "objectId") || parameter("folder-id", "folderId");
  if (!id) return policies(repository);
  const record = repository.object(id, "dm_sysobject");
  repository.permits.demand(userOf(call), record, "browse");
  const policy = parameter("policy", "policyName");
  const closed = parameter("close-date", "closeDate");
  if (closed) return shown(closeFolder(repository, call, record, policy, closed));
  return shown(policy ? apply(repository, call, record, policy) : record);
}

function apply(repository: Repository, call: Call, record: ObjectRecord, policy: string): ObjectRecord {
  demandChangeable(repository, userOf(call), record);
  const changes = repository.governance.underPolicy(record.values, policy);
  return Object.keys(changes).length === 0 ? record : repository.save(record, changes, userOf(call));
}

/** Everything in the folder comes under the policy, counted from the day of closing. */
function closeFolder(repository: Repository, call: Call, folder: ObjectRecord, policy: string, closed: string): ObjectRecord {
  const start = readDate(/T/.test(closed) ? closed : `${closed}T00:00:00Z`);
  if (start === undefined) throw badRequest("The parameter 'close-date' is not a date.");
  if (!repository.folders.isFolder(folder)) throw badRequest("Only a folder can be closed.");
  const days = repository.governance.policy(policy)?.values.retention_days;
  const until = typeof days === "number" ? dateText(Date.parse(start) + days * DAY) : undefined;
  for (const id of [...repository.folders.children(folder.id)]) {
    const child = repository.objects.get(id);
    if (!child || repository.folders.isFolder(child)) continue;
    const retained = apply(repository, call, child, policy);
    if (until && repository.governance.isRetained(retained)) repository.save(retained, { i_retain_until: until }, userOf(call));
  }
  return folder;
}

function policies(repository: Repository): Reply {
  const all = [...repository.objects.idsOf("demo_retainer")].map((id) => repository.objects.get(id)).filter((one) => one !== undefined);
  const members = all.map((one) => ({
    policy: nameOf(one),
    title: one.values.title,
    "retainer-id": one.id,
    days: one.values.retention_days ?? null,
  }));
  return json(200, JSON.stringify({ policies: members }), LABEL);
}

function shown({ id, values }: ObjectRecord): Reply {
  const members = { "object-id": id, "retainer-ids": values.i_retainer_id ?? null, "retain-until": values.i_retain_until ?? null };
  return json(200, JSON.stringify(members), LABEL);
}
