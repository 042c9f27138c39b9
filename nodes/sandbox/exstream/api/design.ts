import type { Exchange } from "../../kernel/exchange";
import { templateText } from "../compose/compose";
import { COMMUNICATION, DOMAIN } from "../seed";
import { type Desk, offer, Refusal, sendData } from "./desk";
import { pageInfo, wholeNumber } from "./lists";

const DESIGN = "/design/api/v1";
const CREATED = "2026-01-15T08:00:00.000Z";
const PAGE = 1000;

/** The two resources there are: the communication, and the set that leads to its driver data source (10.1, 10.5). */
const resources = [
  resource(COMMUNICATION.id, COMMUNICATION.name, "exstrapplication"),
  resource(COMMUNICATION.setId, `${COMMUNICATION.name} set`, "exstrcommunicationset"),
];

/**
 * The part of the design service a client needs to find the communication and its driver data source, read-only
 * (wire/exstream.md 10.1, 10.3 to 10.5).
 */
export function offerDesign(desk: Desk): void {
  offer(desk, "GET", `${DESIGN}/domains`, (exchange) =>
    sendPage(exchange, [{ id: DOMAIN, production: false, jobTracing: false, workflow: "NORMAL", restrictApproval: false }]),
  );
  offer(desk, "GET", `${DESIGN}/resources/:domain`, (exchange) => {
    const asked = {
      type: exchange.query.get("filter.types"),
      state: exchange.query.get("filter.states"),
      id: exchange.query.get("filter.ids"),
    };
    const name = exchange.query.get("filter.name");
    const matches = (value: string, wanted: string | null) => wanted === null || wanted.split(",").includes(value);
    sendPage(
      exchange,
      resources.filter(
        (each) =>
          matches(each.type, asked.type) && matches(each.state, asked.state) && matches(each.id, asked.id) && matches(each.name, name),
      ),
    );
  });
  offer(desk, "GET", `${DESIGN}/resources/:domain/:id`, (exchange) => sendData(exchange, resourceOf(exchange)));
  offer(desk, "GET", `${DESIGN}/resources/:domain/:id/content`, (exchange) => {
    if (resourceOf(exchange).id !== COMMUNICATION.id) throw new Refusal(404, "the resource has no content");
    exchange.send(200, templateText("pdf"), { "Content-Type": "text/plain" });
  });
  offer(desk, "GET", `${DESIGN}/links/:domain`, (exchange) => {
    const subject = exchange.query.get("linkSubjectId");
    const link = { linkSubjectId: COMMUNICATION.id, subjectVersion: COMMUNICATION.version, linkObjectId: COMMUNICATION.setId };
    sendPage(exchange, subject === null || subject === link.linkSubjectId ? [link] : []);
  });
  offer(desk, "GET", `${DESIGN}/manifests/:domain/communication-set/:id`, (exchange) => {
    if (exchange.param("id") !== COMMUNICATION.setId) throw new Refusal(404, `there is no communication set '${exchange.param("id")}'`);
    exchange.json(200, manifest());
  });
}

/** A manifest stands alone, without the envelope, as the vendor's description has it. */
function manifest(): object {
  return {
    applicationName: COMMUNICATION.name,
    queueList: ["PDF", "HTML", "MOBILE", "SMS"].map((name, index) => ({
      driver: name,
      id: String(index + 1),
      name,
      prodFile: `${name}_OUT`,
      use: "output",
    })),
    reportList: [],
    dsnlist: [{ id: "1", name: COMMUNICATION.driverDataSource, prodDsn: COMMUNICATION.driverDataSource, type: "driver" }],
  };
}

function resource(id: string, name: string, type: string) {
  return {
    id,
    name,
    type,
    version: COMMUNICATION.version,
    state: COMMUNICATION.state,
    latestVersion: true,
    description: "",
    locked: false,
    createdBy: "demo",
    createdDate: CREATED,
    lastModifiedBy: "demo",
    lastModifiedDate: CREATED,
    domains: [{ id: DOMAIN }],
    categories: [],
    variants: [],
    hidden: false,
    contentMimeType: "text/plain",
    metadata: {},
    approvalInfo: { state: COMMUNICATION.state, pending: false, approvals: [] },
  };
}

/** Only the seeded version exists: `version` and `state` of the query must fit it. */
function resourceOf(exchange: Exchange) {
  const found = resources.find((each) => each.id === exchange.param("id"));
  const version = wholeNumber(exchange, "version", COMMUNICATION.version);
  const state = exchange.query.get("state") ?? COMMUNICATION.state;
  if (found && found.version === version && found.state === state) return found;
  throw new Refusal(404, `there is no resource '${exchange.param("id")}' of that version and state`);
}

function sendPage(exchange: Exchange, all: object[]): void {
  const offset = wholeNumber(exchange, "offset", 0);
  const count = Math.max(1, wholeNumber(exchange, "count", PAGE));
  exchange.json(200, { status: "success", data: all.slice(offset, offset + count), page: pageInfo(offset, count, all.length) });
}
