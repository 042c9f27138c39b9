import type { Exchange } from "../../kernel/exchange";
import { type Library, NotNow, type Obstacle } from "../design/library";
import { type ContentRecord, type ResourceRecord, STATES, type State, shownResource, TYPES } from "../design/resource";
import { DESIGN, kindOf } from "./design";
import { type Desk, jsonOf, offer, Refusal, readParts, sendData } from "./desk";

const LONGEST_NAME = 128;

/**
 * Writing side of the design service (wire/exstream.md 10.2, 10.3, 10.5; G1 and G2). What a resource's state does not allow
 * is refused with 409 in error shape 1 (the code is ours). `promote` and `demote` are not offered: there is one domain.
 */
export function offerDesignWrites(desk: Desk): void {
  const { library } = desk;
  // Before the routes of single resources: `state` is no id.
  offerBulkState(desk);
  const write = (
    method: string,
    path: string,
    work: (exchange: Exchange, user: string) => Promise<ResourceRecord> | ResourceRecord,
    status = 200,
  ) =>
    offer(desk, method, `${DESIGN}/resources/:domain${path}`, async (exchange, { user }) => {
      const record = await refusing(() => work(exchange, user));
      sendData(exchange, shownResource(record, library.isLatest(record)), status);
    });
  write("POST", "/content", (exchange, user) => create(library, exchange, user), 201);
  for (const path of ["/:id/content", "/:id/content/:kind"]) {
    write("PUT", path, async (exchange, user) => {
      const kind = kindOf(exchange);
      library.demandDraft(latestOf(desk, exchange), user);
      const content = await fileOf(library, exchange);
      return library.setContent(latestOf(desk, exchange), kind, content, user);
    });
  }
  write("PUT", "/:id/state", async (exchange, user) => {
    const { state, auditedComment, locked } = stateWish(await jsonOf(exchange));
    return library.changeState(latestOf(desk, exchange), state, user, auditedComment, locked);
  });
  write("PUT", "/:id/revert/:old", async (exchange, user) => {
    const { id } = latestOf(desk, exchange);
    const old = library.versions(id).find(({ version }) => String(version) === exchange.param("old"));
    if (!old) throw new Refusal(404, `the resource has no version ${exchange.param("old")}`);
    const { auditedComment } = ((await jsonOf(exchange)) ?? {}) as { auditedComment?: string };
    return library.revert(id, old, user, auditedComment);
  });
  write("POST", "/:id/lock", (exchange, user) => library.setLock(latestOf(desk, exchange), true, user));
  write("DELETE", "/:id/lock", (exchange, user) =>
    library.setLock(latestOf(desk, exchange), false, user, exchange.query.get("force") === "true"),
  );
  write("PUT", "/:id", async (exchange, user) => library.setFields(latestOf(desk, exchange), fieldsOf(await jsonOf(exchange)), user));
  offerLinkWrites(desk);
}

/** Each resource lands in the list of what became of it. */
function offerBulkState(desk: Desk): void {
  const { library } = desk;
  const lists: Record<Obstacle, string> = {
    locked: "resourceLockedExceptionResources",
    state: "invalidStateForUpdateExceptionResources",
    children: "notAllChildrenApprovedExceptionResources",
  };
  offer(desk, "PUT", `${DESIGN}/resources/:domain/state`, async (exchange, { user }) => {
    const body = await jsonOf(exchange);
    const { state, auditedComment, locked } = stateWish(body);
    const { resourceIds } = body as { resourceIds?: unknown };
    if (!Array.isArray(resourceIds)) throw new Refusal(400, "resourceIds must be a list");
    const data: Record<string, object[]> = { stateChangedResources: [], errorResources: [] };
    for (const list of Object.values(lists)) data[list] = [];
    for (const id of resourceIds.map(String)) {
      const record = library.latest(id);
      if (!record) {
        data.errorResources?.push({ id });
        continue;
      }
      try {
        const changed = library.changeState(record, state, user, auditedComment, locked);
        data.stateChangedResources?.push(shownResource(changed, true));
      } catch (error) {
        if (!(error instanceof NotNow)) throw error;
        data[lists[error.obstacle]]?.push(shownResource(record, true));
      }
    }
    sendData(exchange, data);
  });
}

function offerLinkWrites(desk: Desk): void {
  const { library } = desk;
  offer(desk, "POST", `${DESIGN}/links/:domain`, async (exchange) => {
    const link = await linkOf(desk, exchange);
    library.link(link);
    sendData(exchange, link);
  });
  offer(desk, "DELETE", `${DESIGN}/links/:domain`, async (exchange) => {
    if (!library.unlink(await linkOf(desk, exchange))) throw new Refusal(404, "there is no such link");
    exchange.json(200, { status: "success" });
  });
}

async function create(library: Library, exchange: Exchange, user: string): Promise<ResourceRecord> {
  const name = exchange.query.get("name") ?? "";
  const type = exchange.query.get("type") ?? "";
  if (name === "" || name.length > LONGEST_NAME) throw new Refusal(400, `name must have 1 to ${LONGEST_NAME} characters`);
  if (!TYPES.includes(type)) throw new Refusal(400, `type '${type}' is not one of ${TYPES.join(", ")}`);
  if (library.all().some((each) => each.name === name && each.type === type)) {
    throw new Refusal(409, `there is a resource '${name}' of type ${type} already`);
  }
  const content = await fileOf(library, exchange);
  return library.create(user, { name, type, subtype: exchange.query.get("subtype") ?? undefined, content });
}

/** Stores the part `file` of a multipart body. Throws `Refusal` 400 or 415. */
async function fileOf(library: Library, exchange: Exchange): Promise<ContentRecord> {
  let content: ContentRecord | undefined;
  await readParts(exchange, async ({ name, mediaType, body }) => {
    if (name === "file" && !content) content = await library.keep(mediaType, body);
    else body.resume();
  });
  if (!content) throw new Refusal(400, "the body has no part 'file'");
  return content;
}

function stateWish(body: unknown): { state: State; auditedComment?: string; locked?: boolean } {
  const { state, auditedComment, locked } = (body ?? {}) as Record<string, unknown>;
  if (!STATES.includes(state as State)) throw new Refusal(400, `state must be one of ${STATES.join(", ")}`);
  return {
    state: state as State,
    auditedComment: auditedComment === undefined ? undefined : String(auditedComment),
    locked: typeof locked === "boolean" ? locked : undefined,
  };
}

function fieldsOf(body: unknown): Partial<ResourceRecord> {
  const allowed = ["name", "description", "effectiveStart", "effectiveEnd"];
  const fields = Object.entries((body ?? {}) as Record<string, unknown>).filter(([name]) => allowed.includes(name));
  if (fields.some(([, value]) => typeof value !== "string")) throw new Refusal(400, `${allowed.join(", ")} must be text`);
  return Object.fromEntries(fields);
}

async function linkOf(desk: Desk, exchange: Exchange) {
  const { linkSubjectId, subjectVersion, linkObjectId } = ((await jsonOf(exchange)) ?? {}) as Record<string, unknown>;
  const subject = desk.library.latest(String(linkSubjectId));
  const object = desk.library.latest(String(linkObjectId));
  if (!subject || !object) throw new Refusal(404, "linkSubjectId or linkObjectId names no resource");
  return { linkSubjectId: subject.id, subjectVersion: Number(subjectVersion ?? subject.version), linkObjectId: object.id };
}

/** Writes go to the latest version. */
function latestOf(desk: Desk, exchange: Exchange): ResourceRecord {
  const record = desk.library.latest(exchange.param("id"));
  if (record) return record;
  throw new Refusal(404, `there is no resource '${exchange.param("id")}'`);
}

async function refusing<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof NotNow ? new Refusal(409, error.message) : error;
  }
}
