import type { Exchange } from "../../kernel/exchange";
import { type ResourceRecord, shownResource, type Workflow } from "../design/resource";
import { COMMUNICATION, type Communication, DOMAIN, INTERACTIVE } from "../seed";
import { type Desk, jsonOf, offer, Refusal, sendData } from "./desk";
import { pageInfo, wholeNumber } from "./lists";

export const DESIGN = "/design/api/v1";
const PAGE = 1000;

/** Reading side of the design service (wire/exstream.md 10.1, 10.3 to 10.5, 10.7). */
export function offerDesign(desk: Desk): void {
  const { library } = desk;
  const sendResource = (exchange: Exchange, record: ResourceRecord) => sendData(exchange, shownResource(record, library.isLatest(record)));
  const sendFound = (exchange: Exchange, filters: Filters) => {
    const found = library.all().filter((record) => passes(record, library.isLatest(record), filters));
    sendPage(
      exchange,
      found.map((record) => shownResource(record, library.isLatest(record))),
    );
  };
  offer(desk, "GET", `${DESIGN}/domains`, (exchange) => {
    const workflow = desk.app.switches.get("exstream.workflow") as Workflow;
    sendPage(exchange, [{ id: DOMAIN, production: false, jobTracing: false, workflow, restrictApproval: false }]);
  });
  offer(desk, "GET", `${DESIGN}/resources/:domain`, (exchange) => sendFound(exchange, queryFilters(exchange)));
  offer(desk, "POST", `${DESIGN}/resources/:domain/filter`, async (exchange) => {
    const body = (await jsonOf(exchange)) as Record<string, unknown> | null;
    sendFound(exchange, { ...queryFilters(exchange), ...bodyFilters(body ?? {}) });
  });
  offer(desk, "GET", `${DESIGN}/search/:domain`, (exchange) => {
    const searchString = exchange.query.get("searchString");
    sendFound(exchange, { ...queryFilters(exchange), ...(searchString === null ? {} : { searchString }) });
  });
  offer(desk, "GET", `${DESIGN}/resources/:domain/history/:id`, (exchange) => {
    const { id } = resourceOf(desk, exchange);
    sendData(exchange, library.historyOf(id));
  });
  offer(desk, "GET", `${DESIGN}/resources/:domain/:id`, (exchange) => sendResource(exchange, resourceOf(desk, exchange)));
  for (const path of ["content", "content/:kind"]) {
    offer(desk, "GET", `${DESIGN}/resources/:domain/:id/${path}`, async (exchange) => {
      const record = resourceOf(desk, exchange);
      const content = record.contents[kindOf(exchange)];
      if (!content) throw new Refusal(404, "the resource has no content of that kind");
      await exchange.file(library.store.contentPath(content.file), { "Content-Type": content.mimeType, ETag: `"${content.sha256}"` });
    });
  }
  offer(desk, "GET", `${DESIGN}/links/:domain`, (exchange) => sendPage(exchange, linksOf(desk, exchange)));
  offer(desk, "GET", `${DESIGN}/manifests/:domain/communication-set/:id`, (exchange) => {
    const communication = [COMMUNICATION, INTERACTIVE].find(({ setId }) => setId === exchange.param("id"));
    if (!communication) throw new Refusal(404, `there is no communication set '${exchange.param("id")}'`);
    exchange.json(200, manifest(communication));
  });
  offer(desk, "POST", `${DESIGN}/collection-resources/collection-details`, async (exchange) => {
    const ids = await jsonOf(exchange);
    if (!Array.isArray(ids)) throw new Refusal(400, "the body must be a list of collection ids");
    const used = ids.flatMap((id) => library.collections.get(String(id))?.resources ?? []);
    const records = used.flatMap(({ id, version }) => library.versions(id).filter((each) => each.version === version));
    sendPage(exchange, records.map(detailsOf));
  });
}

const KINDS = ["content", "thumbnail", "manifest", "old"];

/** The kind of content a path names; `content` when it names none. Throws `Refusal` 404. */
export function kindOf(exchange: Exchange): string {
  const kind = exchange.params.kind === undefined ? "content" : exchange.param("kind");
  if (KINDS.includes(kind)) return kind;
  throw new Refusal(404, `'${kind}' is not one of ${KINDS.join(", ")}`);
}

/** The version of a resource that path and query name: `version`, or the latest, or the latest in `state`. Throws `Refusal` 404. */
export function resourceOf(desk: Desk, exchange: Exchange): ResourceRecord {
  const id = exchange.param("id");
  const version = exchange.query.has("version") ? wholeNumber(exchange, "version", 0) : undefined;
  const state = exchange.query.get("state");
  const found = desk.library
    .versions(id)
    .findLast((each) => (version === undefined || each.version === version) && (state === null || each.state === state));
  if (found) return found;
  throw new Refusal(404, `there is no resource '${id}' of that version and state`);
}

type Filters = Partial<Record<"ids" | "types" | "excludedTypes" | "states" | "name" | "searchString" | "latestVersion" | "locked", string>>;

const FILTERS = ["ids", "types", "excludedTypes", "states", "name", "searchString", "latestVersion", "locked"] as const;

/** Parameters like `filter.types=a,b`, exploded as the service takes them in practice (wire/exstream.md 6). */
function queryFilters(exchange: Exchange): Filters {
  return Object.fromEntries(
    FILTERS.flatMap((name) => {
      const values = exchange.query.getAll(`filter.${name}`);
      return values.length > 0 ? [[name, values.join(",")]] : [];
    }),
  );
}

function bodyFilters(body: Record<string, unknown>): Filters {
  return Object.fromEntries(FILTERS.flatMap((name) => (body[name] === undefined ? [] : [[name, String(body[name])]])));
}

function passes(record: ResourceRecord, latest: boolean, filters: Filters): boolean {
  const within = (value: string, list: string | undefined) => list === undefined || list.split(",").includes(value);
  const text = `${record.name}\n${record.description}`.toLowerCase();
  return (
    within(record.id, filters.ids) &&
    within(record.type, filters.types) &&
    !(filters.excludedTypes !== undefined && within(record.type, filters.excludedTypes)) &&
    within(record.state, filters.states) &&
    within(record.name, filters.name) &&
    (filters.searchString === undefined || text.includes(filters.searchString.toLowerCase())) &&
    within(String(latest), filters.latestVersion) &&
    within(String(record.locked), filters.locked)
  );
}

function linksOf(desk: Desk, exchange: Exchange): object[] {
  const { library } = desk;
  const subject = exchange.query.get("linkSubjectId");
  const object = exchange.query.get("linkObjectId");
  const types = exchange.query.get("filter.types")?.split(",");
  const found =
    subject === null ? library.allLinks() : library.versions(subject).flatMap((each) => library.linksFrom(each, depthOf(exchange)));
  const version = exchange.query.has("linkSubjectVersion") ? wholeNumber(exchange, "linkSubjectVersion", 0) : undefined;
  return found.filter(
    (link) =>
      (object === null || link.linkObjectId === object) &&
      (version === undefined || link.linkSubjectId !== subject || link.subjectVersion === version) &&
      (!types || types.includes(library.latest(link.linkObjectId)?.type ?? "")),
  );
}

function depthOf(exchange: Exchange): number {
  return Math.max(1, wholeNumber(exchange, "linkDepth", 1));
}

function detailsOf(record: ResourceRecord): object {
  const { id, version, type, name, state, lastModifiedDate, lastModifiedBy, approvedBy, description, createdBy, createdDate, metadata } =
    record;
  return { id, version, type, name, state, lastModifiedDate, lastModifiedBy, approvedBy, description, createdBy, createdDate, metadata };
}

/** A manifest stands alone, without the envelope, as the vendor's description has it. */
function manifest({ id, name: applicationName, driverDataSource }: Communication): object {
  const queues = id === INTERACTIVE.id ? ["EMPOWER"] : ["PDF", "HTML", "MOBILE", "SMS"];
  return {
    applicationName,
    queueList: queues.map((name, index) => ({
      driver: name,
      id: String(index + 1),
      name,
      prodFile: `${name}_OUT`,
      use: "output",
    })),
    reportList: [],
    dsnlist: [{ id: "1", name: driverDataSource, prodDsn: driverDataSource, type: "driver" }],
  };
}

function sendPage(exchange: Exchange, all: object[]): void {
  const offset = wholeNumber(exchange, "offset", 0);
  const count = Math.max(1, wholeNumber(exchange, "count", PAGE));
  exchange.json(200, { status: "success", data: all.slice(offset, offset + count), page: pageInfo(offset, count, all.length) });
}
