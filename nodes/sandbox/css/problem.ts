import { STATUS_CODES } from "node:http";
import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import type { Identity, Principal } from "../kernel/identity";
import { bearerOf } from "../kernel/identity";

const PROBLEM_TYPE = "http://tools.ietf.org/html/draft-nottingham-http-problem-07";

/** A refused CSS request. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

export const notFound = (): Problem => new Problem(404, "Requested resource not found");

/** Sends the failure body of wire/css.md 3.6, declared as `application/json`. */
export function sendProblem(exchange: Exchange, status: number, detail: string): void {
  if (status === 401) exchange.json(401, { error: "unauthorized", error_description: detail });
  else exchange.json(status, { type: PROBLEM_TYPE, title: STATUS_CODES[status] ?? "Error", status, detail });
}

export type CssHandler = (exchange: Exchange, principal: Principal) => Promise<void> | void;

/** Adds routes that need a bearer token and word their failures as CSS does. */
export function protectedRoutes(app: SandboxApp, identity: Identity): (method: string, path: string, handler: CssHandler) => void {
  return (method, path, handler) =>
    app.route("css", method, path, async (exchange) => {
      try {
        const principal = bearerOf(identity, exchange);
        if (!principal) throw new Problem(401, "The bearer token is missing, unknown or expired");
        await handler(exchange, principal);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        sendProblem(exchange, error.status, error.message);
      }
    });
}
