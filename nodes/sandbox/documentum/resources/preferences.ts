import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Changes } from "../model/values";
import type { Router } from "../router";
import { type Call, demandMembers, json, objectBody, type Reply, userOf } from "../wire/call";
import { dateText } from "../wire/dates";
import { badRequest, cause, notFound } from "../wire/failures";
import { LR, resourceText } from "../wire/hrefs";
import { nameFromPath, nameToPath } from "../wire/names";
import { entriesFeed } from "../wire/simple-feed";

const PATH = "/repositories/:repository/currentuser-preferences";
const TEXTS = { title: "title", subject: "subject", "preference-content": "preference_content" } as const;

/** What client programs keep for the current user, by the program's code; flat JSON (wire/documentum.md 16.7). */
export function mountPreferences(router: Router, repository: Repository): void {
  router.on("GET", PATH, (call) =>
    entriesFeed(repository, call, "Preferences", own(repository, call), (one) => ({
      src: addressOf(call, one),
      title: String(one.values.client_code),
      text: () => preferenceText(call, one),
    })),
  );
  router.on("POST", PATH, (call) => create(repository, call));
  router.on("GET", `${PATH}/:client`, (call) => json(200, preferenceText(call, preferenceOf(repository, call))));
  router.on("POST", `${PATH}/:client`, async (call) => {
    const { changes } = await read(call);
    const at = dateText(repository.now());
    const saved = repository.save(preferenceOf(repository, call), { ...changes, r_modify_date: at }, userOf(call));
    return json(200, preferenceText(call, saved));
  });
  router.on("DELETE", `${PATH}/:client`, (call): Reply => {
    repository.objects.delete(preferenceOf(repository, call).id);
    return { status: 204 };
  });
}

function own(repository: Repository, call: Call): ObjectRecord[] {
  const all = [...repository.objects.idsOf("dmc_preference")].map((id) => repository.objects.get(id));
  return all.filter((one) => one?.values.owner_name === userOf(call).name) as ObjectRecord[];
}

function preferenceOf(repository: Repository, call: Call): ObjectRecord {
  const code = nameFromPath(call.params.client ?? "");
  const found = own(repository, call).find(({ values }) => values.client_code === code);
  if (!found) throw notFound("The preference");
  return found;
}

async function create(repository: Repository, call: Call): Promise<Reply> {
  const { client, changes } = await read(call);
  if (client === "") throw badRequest("The member 'client' is needed.");
  if (own(repository, call).some(({ values }) => values.client_code === client)) {
    throw badRequest("The preference exists already.", cause("DM_PREFERENCE_E_EXISTS", "There are preferences of that client already."));
  }
  const at = dateText(repository.now());
  const values = { client_code: client, owner_name: userOf(call).name, r_creation_date: at, r_modify_date: at };
  const saved = repository.save(repository.add("dmc_preference", values), changes, userOf(call));
  return json(201, preferenceText(call, saved), { Location: addressOf(call, saved) });
}

async function read(call: Call): Promise<{ client: string; changes: Changes }> {
  const body = await objectBody(call);
  demandMembers(body, ["client", "owner-name", "keywords", "creation-date", "modify-date", "links", ...Object.keys(TEXTS)]);
  const changes: Changes = {};
  for (const [member, attribute] of Object.entries(TEXTS)) {
    const value = body[member];
    if (value === undefined) continue;
    if (typeof value !== "string") throw badRequest(`The member '${member}' is not a text.`);
    changes[attribute] = value || undefined;
  }
  const { keywords, client = "" } = body;
  if (Array.isArray(keywords)) changes.keywords = keywords.length > 0 ? keywords.map(String) : undefined;
  if (typeof client !== "string") throw badRequest("The member 'client' is not a text.");
  return { client, changes };
}

function addressOf(call: Call, { values }: ObjectRecord): string {
  return call.hrefs.at(`/currentuser-preferences/${nameToPath(String(values.client_code))}`);
}

function preferenceText(call: Call, preference: ObjectRecord): string {
  const { values } = preference;
  const members = {
    client: values.client_code,
    "owner-name": values.owner_name,
    title: values.title ?? "",
    subject: values.subject ?? "",
    keywords: values.keywords ?? null,
    "creation-date": values.r_creation_date,
    "modify-date": values.r_modify_date,
    "preference-content": values.preference_content ?? "",
  };
  const self = addressOf(call, preference);
  return resourceText(members, [
    { rel: "self", href: self },
    { rel: "edit", href: self },
    { rel: `${LR}delete`, href: self },
  ]);
}
