import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";
import type { LedgerNode, Stores } from "../runtime/ledger-service";
import { ledgerNode } from "./ledgers";

/** One request to the console's API that has passed the permission and the guard. */
export interface Call {
  RED: NodeAPI;
  request: Request;
  response: Response;
  /** For the audit log: name of the signed-in user, `anonymous` when nobody has to sign in. */
  who: string;
}

export interface LedgerCall extends Call {
  node: LedgerNode;
  stores: Stores;
}

export interface Route {
  method: "get" | "post" | "put" | "delete";
  /** Under the admin root. */
  path: string;
  permission: "docbridge.read" | "docbridge.write";
  /** What it resolves with is sent as JSON, `{}` for nothing, unless it has begun to answer by itself. Throws DocbridgeError or `Refusal`. */
  answer(call: Call): Promise<unknown>;
}

const API = "/docbridge/api";

/** A route of the API. */
export function api(method: Route["method"], path: string, permission: Route["permission"], answer: Route["answer"]): Route {
  return { method, path: `${API}${path}`, permission, answer };
}

/** A route of the API about the ledger its path names. */
export function ledgerApi(
  method: Route["method"],
  path: string,
  permission: Route["permission"],
  answer: (call: LedgerCall) => Promise<unknown>,
): Route {
  return api(method, `/ledgers/:ledger${path}`, permission, onLedger(answer));
}

/**
 * Finds the ledger that the parameter `ledger` of the path names. It is not lent: a redeploy need not wait for somebody's
 * download or dry run. What is cut off by it is answered with 503.
 */
export function onLedger(answer: (call: LedgerCall) => Promise<unknown>): Route["answer"] {
  return async (call) => {
    const node = ledgerNode(call.RED, parameter(call, "ledger"));
    const stores = await node.stores();
    return answer({ ...call, node, stores });
  };
}

/** A part of the path that the route names. */
export function parameter({ request }: Call, name: string): string {
  return String(request.params[name]);
}
