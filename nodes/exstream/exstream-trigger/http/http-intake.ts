import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, Response } from "express";
import type { Node, NodeAPI } from "node-red";
import { asDocbridgeError, DocbridgeError } from "../../../core/errors";
import { type AdmissionRules, admissionOf } from "../../../core/intake/admission";
import type { AdmitResult } from "../../../core/ledger/ledger";
import type { LedgerNode } from "../../../runtime/ledger-service";
import { type IntakeForm, readBody } from "./http-body";

export interface HttpIntakeSettings {
  /** Path below Node-RED's `httpNodeRoot`, with a slash in front. */
  path: string;
  form: IntakeForm;
  /** Undefined: anybody may deliver. */
  secret: string | undefined;
  maxBytes: number;
}

/** A path as the routes of Node-RED have it. */
export function intakePath(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

/** Opens a route for finished output (wire/exstream.md 13.4); see `openRoute`. */
export function receiveByHttp(
  RED: NodeAPI,
  node: Node,
  ledgerNode: LedgerNode,
  rules: AdmissionRules,
  settings: HttpIntakeSettings,
): () => Promise<void> {
  return openRoute(RED, node, ledgerNode, settings, (request, response) => receive(ledgerNode, rules, settings, request, response));
}

/**
 * Opens a route for deliveries of any kind. Nothing may be answered with 2xx before bytes and ledger entry are on disk; what
 * `take` throws is the answer. Returns a function that closes the route and waits for deliveries under way. Throws
 * `configuration` when the path is taken, or the secret is empty.
 */
export function openRoute(
  RED: NodeAPI,
  node: Node,
  ledgerNode: LedgerNode,
  { path, secret }: Pick<HttpIntakeSettings, "path" | "secret">,
  take: (request: Request, response: Response) => Promise<void>,
): () => Promise<void> {
  if (secret === "") {
    throw new DocbridgeError("configuration", {
      message: "The field 'secret' is empty. Enter one, or choose to take deliveries from anybody.",
      subject: "secret",
    });
  }
  if (routesOf(RED).some((layer) => layer.route?.path === path && layer.route.methods?.post)) {
    throw new DocbridgeError("configuration", {
      message: `Another node already takes deliveries at the path ${path}. Choose another path.`,
      subject: "path",
    });
  }
  const underWay = new Set<Promise<void>>();
  const handle = (request: Request, response: Response) => {
    const work = ledgerNode
      .lend(take(request, response).catch((thrown) => refuse(request, response, asDocbridgeError(thrown, "body-unreadable"))))
      .catch((thrown) => node.error(asDocbridgeError(thrown).message));
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };
  RED.httpNode.post(path, handle);
  RED.httpNode.put(path, handle);
  return async () => {
    const routes = routesOf(RED);
    for (let index = routes.length - 1; index >= 0; index -= 1) {
      if (routes[index]?.route?.stack?.some((layer) => layer.handle === handle)) routes.splice(index, 1);
    }
    await Promise.allSettled(underWay);
  };
}

interface RouteLayer {
  route?: { path: string; methods?: Record<string, boolean>; stack?: { handle: unknown }[] };
}

/** Express 4 has no call to take a route away; Node-RED's own http nodes edit this list too. */
function routesOf(RED: NodeAPI): RouteLayer[] {
  return (RED.httpNode as unknown as { _router?: { stack: RouteLayer[] } })._router?.stack ?? [];
}

async function receive(
  ledgerNode: LedgerNode,
  rules: AdmissionRules,
  settings: HttpIntakeSettings,
  request: Request,
  response: Response,
): Promise<void> {
  if (settings.secret !== undefined) requireSecret(request, settings.secret);
  refuseOversize(request, settings.maxBytes);
  const { ledger, spool } = await ledgerNode.stores();
  const results: AdmitResult[] = [];
  await readBody(request, settings.form, spool, settings.maxBytes, async (facts, content) => {
    results.push(await ledger.admit(admissionOf(facts, content, rules)));
  });
  answer(response, results);
}

function answer(response: Response, results: AdmitResult[]): void {
  const conflict = results.find((result) => result.outcome === "conflict");
  if (conflict) {
    response.status(409).json({
      code: "conflict",
      documentId: conflict.id,
      conflictsWith: conflict.conflictsWith,
      message: "A document with the same key but other bytes is already there. Both are kept; a person has to decide.",
    });
    return;
  }
  const documents = results.map(({ id, outcome }) => ({ documentId: id, duplicate: outcome === "duplicate" }));
  const duplicate = documents.every((each) => each.duplicate);
  response
    .status(duplicate ? 200 : 201)
    .json({ status: "stored", ...documents[0], duplicate, ...(documents.length > 1 ? { documents } : {}) });
}

const STATUS: Partial<Record<DocbridgeError["code"], number>> = {
  "unauthorized-intake": 401,
  "body-too-large": 413,
  "unsupported-media-type": 415,
  "body-consumed": 415,
  "body-unreadable": 400,
  "spool-full": 503,
  "spool-io": 503,
  "ledger-io": 503,
  "ledger-unavailable": 503,
  "service-unavailable": 503,
  fenced: 503,
};

/** The status of an answer to a delivery that is refused. */
export function statusOf(code: DocbridgeError["code"]): number {
  return STATUS[code] ?? 422;
}

function refuse(request: Request, response: Response, error: DocbridgeError): void {
  if (response.headersSent || response.destroyed) return;
  const status = statusOf(error.code);
  if (status === 401) response.set("WWW-Authenticate", 'Bearer realm="docbridge", Basic realm="docbridge"');
  if (status === 503) response.set("Retry-After", String(Math.ceil((error.retryAfterMs ?? 5_000) / 1000)));
  response.status(status).json({ code: error.code, message: error.message, ...(error.subject ? { subject: error.subject } : {}) });
  discardRest(request);
}

/** Of a body nobody wants this much is still read, bytes. */
const DISCARDED_BYTES = 64 * 1024 * 1024;

/** A sender that still sends when the connection ends sees a broken connection, not the reply, and would try for ever. */
function discardRest(request: Request): void {
  let left = DISCARDED_BYTES;
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.socket.destroy();
  });
  request.resume();
}

function refuseOversize(request: Request, maxBytes: number): void {
  if (Number(request.headers["content-length"] ?? 0) <= maxBytes * 1.5) return;
  throw new DocbridgeError("body-too-large", {
    message: `The request announces more bytes than the ${maxBytes} allowed for a document. Raise the limit of the trigger node or send the document another way.`,
  });
}

/** The secret may come as a bearer token, as the password of Basic, or in `X-Docbridge-Secret`: senders differ in what they can set. */
function requireSecret(request: Request, secret: string): void {
  const given = [...authorizationSecrets(request.headers.authorization), request.get("x-docbridge-secret")];
  if (given.some((candidate) => candidate !== undefined && isSame(candidate, secret))) return;
  throw new DocbridgeError("unauthorized-intake", {
    message:
      "The delivery does not carry the secret of this trigger node. Send it as bearer token, as password of Basic, or in the header X-Docbridge-Secret.",
  });
}

function authorizationSecrets(header: string | undefined): string[] {
  const [scheme, value] = (header ?? "").split(" ");
  if (!value) return [];
  if (/^bearer$/i.test(scheme as string)) return [value];
  if (!/^basic$/i.test(scheme as string)) return [];
  const text = Buffer.from(value, "base64").toString("utf8");
  return [text.slice(text.indexOf(":") + 1)];
}

/** Compares hashes, so that neither content nor length of the secret shows in the time it takes. */
function isSame(given: string, secret: string): boolean {
  const hash = (value: string) => createHash("sha256").update(value).digest();
  return timingSafeEqual(hash(given), hash(secret));
}
