import { STATUS_CODES } from "node:http";
import type { SandboxApp } from "../../kernel/app";
import type { Exchange } from "../../kernel/exchange";
import { bearerOf, type Identity, type Principal } from "../../kernel/identity";
import type { Deliverer } from "../channels/deliverer";
import type { Engine } from "../jobs/engine";
import type { Records } from "../jobs/records";
import type { Reports } from "../jobs/reports";
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
  reports: Reports;
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

/** Error shape 1 (wire/exstream.md 7). Which `errorCode` goes with what is not public, so it is 0. */
export function sendRefusal(app: SandboxApp, exchange: Exchange, status: number, details: string): void {
  const message = STATUS_CODES[status] ?? "Error";
  const error = message;
  exchange.json(status, { timestamp: app.now(), status, message, error, details, errorCode: 0, path: exchange.path });
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
