import type { Response } from "express";
import { asDocbridgeError, type DocbridgeError, type ErrorCode } from "../core/errors";
import type { TableProblem } from "../core/routing/table";
import type { ApiError } from "./api-types";

/** An answer other than the usual one to an error, with more than its text. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: ApiError,
  ) {
    super(body.message);
  }
}

/** Throws 422 with the problems when one of them is an error. */
export function refuseTable(problems: TableProblem[]): void {
  if (problems.every(({ severity }) => severity !== "error")) return;
  throw new Refusal(422, {
    code: "invalid-table",
    message: "The route table has errors; 'problems' lists them. It was not taken.",
    problems,
  });
}

/** Everything else is 500, or 503 when it may pass. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  "invalid-request": 400,
  "invalid-message": 400,
  "foreign-request": 403,
  "not-found": 404,
  "content-missing": 404,
  conflict: 409,
  "changed-meanwhile": 409,
  "body-too-large": 413,
  "ledger-unavailable": 503,
  "unsupported-runtime": 503,
  configuration: 503,
};

/** For all that is data of customers, or about them. */
export function keepPrivate(response: Response): Response {
  return response.set({
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  });
}

/** Answers with an `ApiError`; when the answer had begun already, it is cut off, so that nobody takes it for whole. */
export function sendError(response: Response, thrown: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (thrown instanceof Refusal) {
    response.status(thrown.status).json(thrown.body);
    return;
  }
  const error = asDocbridgeError(thrown, "ledger-io");
  response.status(statusOf(error)).json(apiErrorOf(error));
}

export function apiErrorOf({ code, message }: DocbridgeError): ApiError {
  return { code, message };
}

function statusOf({ code, retryable }: DocbridgeError): number {
  return STATUS[code] ?? (retryable ? 503 : 500);
}
