import type { Node, NodeAPI } from "node-red";
import { DocbridgeError } from "../../../core/errors";
import type { AdmissionRules } from "../../../core/intake/admission";
import { type DeliveryRules, deliveryTypes } from "../../../core/intake/delivery-event";
import { renamesOf } from "../../../core/intake/names";
import { REFERENCE_KINDS } from "../../../core/ledger/deliveries";
import { checkTemplate } from "../../../core/mapping/template";
import type { ExstreamServerNode } from "../../../runtime/connections";
import type { LedgerNode } from "../../../runtime/ledger-service";
import { configNode, number, text } from "../../../runtime/settings";
import type { Config } from "../config";
import type { FolderTools } from "../folder/folder-modes";
import { intakePath, openRoute } from "../http/http-intake";
import type { WaitingRoom } from "../http/waiting-room";
import { keepLooking } from "../intake-loop";
import { eventsFromSandbox, ownUrl } from "../sandbox-channel";
import { EventPoll } from "./event-poll";
import type { Correlating } from "./event-release";
import type { SignatureRule } from "./event-signature";
import { receiveEvents } from "./event-webhook";

const DAY_MS = 24 * 3600_000;
const HOUR_MS = 3600_000;

/** How this node enters events in its ledger: they have no business key of their own. */
export function eventAdmission(rules: AdmissionRules): AdmissionRules {
  return { ...rules, businessKey: "" };
}

/** How events find their documents. Throws `configuration` and `template`. */
export function correlating(RED: NodeAPI, node: Node, config: Config): Correlating {
  const by = REFERENCE_KINDS.find((kind) => kind === (config.matchBy ?? "key"));
  if (!by)
    throw new DocbridgeError("configuration", {
      message: "The field 'matchBy' names no rule. Open the dialog and choose one.",
      subject: "matchBy",
    });
  const businessKey = by === "business-key" ? text(RED, node, config.matchKey) : "";
  checkTemplate(businessKey, "business key of the document");
  return { by, businessKey, waitMs: number(config.waitHours, "waitHours", 72) * HOUR_MS };
}

function deliveryRules(RED: NodeAPI, node: Node, config: Config): DeliveryRules {
  return { types: deliveryTypes(renamesOf(text(RED, node, config.eventTypes))), names: renamesOf(text(RED, node, config.eventNames)) };
}

/** Opens the webhook; it answers 503 until the ledger is there. Returns functions that close it. Throws `configuration`. */
export function openWebhook(
  RED: NodeAPI,
  node: Node,
  config: Config,
  tools: { ledgerNode: LedgerNode; rules: AdmissionRules; secret: string | undefined; waitingRoom: WaitingRoom },
  sandbox: ReturnType<ExstreamServerNode["sandbox"]>,
): (() => Promise<void> | void)[] {
  const { ledgerNode, secret, waitingRoom } = tools;
  const path = intakePath(text(RED, node, config.eventPath));
  waitingRoom.remember(path);
  const letParse = waitingRoom.keepRaw(path);
  const header = text(RED, node, config.signatureHeader);
  const signature: SignatureRule | undefined =
    secret === undefined
      ? undefined
      : {
          secret,
          header,
          algorithm: config.signatureAlgorithm,
          digits: config.signatureEncoding,
          timestampHeader: text(RED, node, config.timestampHeader),
          toleranceMs: number(config.toleranceSeconds, "toleranceSeconds", 300) * 1000,
        };
  const webhook = { ledgerNode, admission: eventAdmission(tools.rules), rules: deliveryRules(RED, node, config), signature };
  const close = openRoute(RED, node, ledgerNode, { path, secret }, (request, response) => receiveEvents(webhook, request, response));
  return [close, letParse, ...(sandbox ? [eventsFromSandbox(node, sandbox, ownUrl(RED, path), { secret, header })] : [])];
}

/** Asks a server for delivery events again and again. Returns a function that stops. Throws `configuration`. */
export function openEventPoll(RED: NodeAPI, node: Node, config: Config, tools: FolderTools): () => Promise<void> {
  const server = configNode<ExstreamServerNode>(RED, config.server, "server");
  const poll = new EventPoll({
    client: () => server.client(),
    stores: tools.stores,
    admission: eventAdmission(tools.rules),
    rules: deliveryRules(RED, node, config),
    path: text(RED, node, config.metricsPath),
    sinceMs: number(config.sinceDays, "sinceDays", 1) * DAY_MS,
  });
  const pollMs = Math.max(0.1, number(config.eventPollSeconds, "eventPollSeconds", 60)) * 1000;
  return keepLooking(node, tools.ledgerNode, poll, { what: "The delivery events of Exstream", idle: "listening", pollMs }, tools.status);
}
