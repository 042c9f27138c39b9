import type { Request } from "express";
import { DocbridgeError } from "../core/errors";

/** Room for a route table with lists of many thousand customers; below the limit that Node-RED has itself. */
const MAX_BODY = 4 * 1024 * 1024;

/**
 * Refuses what another site's page could make a signed-in browser send: everything but reading must be JSON with a
 * header of ours (both need the browser to ask Node-RED first, which answers no), and must not say that it comes from
 * elsewhere, because `httpAdminCors` can make Node-RED answer yes. Throws `foreign-request` and `body-too-large`.
 */
export function guard(request: Request): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  if (!request.is("application/json")) throw foreign("must have a body of type application/json");
  if (request.get("X-Docbridge") !== "console") throw foreign("must carry the header 'X-Docbridge: console'");
  if (fromElsewhere(request)) throw foreign("must come from a page of this Node-RED, or from a program that is no browser");
  if (Number(request.get("Content-Length") ?? 0) > MAX_BODY) {
    throw new DocbridgeError("body-too-large", { message: `The request is larger than the ${MAX_BODY} bytes allowed.` });
  }
}

/** What the browser says of its own accord; it goes by the address the user sees, so a proxy in between does no harm. */
function fromElsewhere(request: Request): boolean {
  const site = request.get("Sec-Fetch-Site");
  if (site !== undefined) return site !== "same-origin";
  const origin = request.get("Origin");
  if (origin === undefined) return false;
  const hosts = [request.get("Host"), request.get("X-Forwarded-Host")];
  return !URL.canParse(origin) || !hosts.includes(new URL(origin).host);
}

function foreign(what: string): DocbridgeError {
  return new DocbridgeError("foreign-request", { message: `A request that is more than reading ${what}. It was not carried out.` });
}
