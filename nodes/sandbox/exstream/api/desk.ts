import { STATUS_CODES } from "node:http";
import type { SandboxApp } from "../../kernel/app";
import type { Exchange, Part } from "../../kernel/exchange";
import { bearerOf, type Identity, type Principal } from "../../kernel/identity";
import type { Deliverer } from "../channels/deliverer";
import type { Library } from "../design/library";
import type { Events } from "../events/events";
import type { Engine } from "../jobs/engine";
import type { Records } from "../jobs/records";
import type { Results } from "../jobs/results";
import { servicesOf } from "../seed";

/** Name of this service's store, fault switches and switches. */
export const SERVICE_NAME = "exstream";

/** What the routes share. */
export interface Desk {
  app: SandboxApp;
  identity: Identity;
  records: Records;
  engine: Engine;
  deliverer: Deliverer;
  results: Results;
  library: Library;
  events: Events;
}

/** A request that is refused with error shape 1. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    details: string,
  ) {
    super(details);
  }
}

/**
 * A refusal in error shape 1 (wire/exstream.md 7), or in whatever form the switches ask for. Which `errorCode` goes with what is
 * not public, so it is 0.
 */
export function sendRefusal(app: SandboxApp, exchange: Exchange, status: number, details: string): void {
  const message = STATUS_CODES[status] ?? "Error";
  const shape = app.switches.get("exstream.error-shape");
  if (shape === "neither") {
    exchange.send(httpStatus(app, status), `<html><body>${message}</body></html>`, { "Content-Type": "text/html" });
  } else if (shape === "2") {
    const data = [{ errorMessage: details, statusCode: String(status), engineOutputContext: {} }];
    exchange.json(httpStatus(app, status), { status: "error", data });
  } else {
    const body = { timestamp: app.now(), status, message, error: message, details, errorCode: 0, path: exchange.path };
    exchange.json(httpStatus(app, status), body);
  }
}

/** The status a failure goes out with: its own, or 200 with the failure in the body alone. */
export function httpStatus(app: SandboxApp, status: number): number {
  return app.switches.isOn("exstream.errors-as-200") ? 200 : status;
}

/** The body of a request as JSON. Throws `Refusal` 400. */
export async function jsonOf(exchange: Exchange): Promise<unknown> {
  try {
    return await exchange.bodyJson();
  } catch {
    throw new Refusal(400, "the request body is not JSON");
  }
}

/** Hands on the parts of a multipart body. Throws `Refusal` 415 or 400. */
export async function readParts(exchange: Exchange, onPart: (part: Part) => Promise<void>): Promise<void> {
  if (exchange.mediaType !== "multipart/form-data") throw new Refusal(415, "Content-Type must be multipart/form-data");
  try {
    await exchange.parts(onPart);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, `the multipart body cannot be read: ${(error as Error).message}`);
  }
}

/** Headers of a file that is shown, or with `download=true` saved under a name. */
export function asked(exchange: Exchange, mediaType: string, name: string): Record<string, string> {
  return exchange.query.get("download") === "true" ? asAttachment(mediaType, name) : { "Content-Type": mediaType };
}

/** Headers of a file that is saved under a name. */
export function asAttachment(mediaType: string, name: string): Record<string, string> {
  return { "Content-Type": mediaType, "Content-Disposition": `attachment; filename="${name}"` };
}

/** Sends data in the success envelope of wire/exstream.md 6. */
export function sendData(exchange: Exchange, data: unknown, status = 200): void {
  exchange.json(status, { status: "success", data });
}

/** Adds a route that wants a bearer token and, when its path names one, a domain that exists (A4, A5). */
export function offer(
  desk: Desk,
  method: string,
  path: string,
  handler: (exchange: Exchange, principal: Principal) => Promise<void> | void,
): void {
  desk.app.route(SERVICE_NAME, method, path, async (exchange) => {
    const principal = bearerOf(desk.identity, exchange);
    try {
      if (!principal) throw new Refusal(401, "the bearer token is missing, unknown or expired");
      if (exchange.params.domain !== undefined && !servicesOf(exchange.param("domain"))) {
        throw new Refusal(404, `there is no domain '${exchange.param("domain")}'`);
      }
      await handler(exchange, principal);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      exchange.req.resume();
      sendRefusal(desk.app, exchange, error.status, error.message);
    }
  });
}
