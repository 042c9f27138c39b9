import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";
import { actionRoutes } from "./actions";
import { auditRoutes } from "./audit";
import { documentRoutes } from "./documents";
import { figuresRoutes } from "./figures";
import { guard } from "./guard";
import { holdRoutes } from "./holds";
import { metricsRoutes } from "./metrics";
import { servePage } from "./page";
import { keepPrivate, sendError } from "./replies";
import type { Route } from "./routes";
import { sessionRoutes, whoOf } from "./session";
import { streamRoutes } from "./stream";
import { tableRoutes } from "./tables";

/** Everything under the admin root that gives data away or changes anything. */
export const consoleRoutes: readonly Route[] = [
  ...sessionRoutes,
  ...figuresRoutes,
  ...streamRoutes,
  ...documentRoutes,
  ...actionRoutes,
  ...auditRoutes,
  ...holdRoutes,
  ...tableRoutes,
  ...metricsRoutes,
];

/** Serves the operator console: its page, its API and the metrics. To be called once, when the package is loaded. */
export function registerConsole(RED: NodeAPI): void {
  servePage(RED);
  for (const route of consoleRoutes) {
    RED.httpAdmin[route.method](route.path, RED.auth.needsPermission(route.permission), (request: Request, response: Response) => {
      void respond(RED, route, request, response);
    });
  }
}

async function respond(RED: NodeAPI, route: Route, request: Request, response: Response): Promise<void> {
  keepPrivate(response);
  try {
    guard(request);
    const value = await route.answer({ RED, request, response, who: whoOf(request) });
    if (!response.headersSent) response.json(value ?? {});
  } catch (thrown) {
    sendError(response, thrown);
  }
}
