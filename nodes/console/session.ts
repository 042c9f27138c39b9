import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Request } from "express";
import type { Session } from "./api-types";
import { ledgerName, ledgerNodes } from "./ledgers";
import { api, type Call } from "./routes";

/** What Node-RED's sign-in leaves on a request; nothing at all without adminAuth. */
interface SignedIn {
  user?: { username?: string };
  authInfo?: { scope?: string | string[] };
}

/** Built files are in `dist/console`. */
const { version } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as { version: string };

export const sessionRoutes = [api("get", "/session", "docbridge.read", session)];

/** Name for the audit log. A default user of adminAuth has no name, as has everybody when nobody has to sign in. */
export function whoOf(request: Request): string {
  return (request as SignedIn).user?.username ?? "anonymous";
}

async function session({ RED, request }: Call): Promise<Session> {
  const { user, authInfo } = request as SignedIn;
  return {
    ...(user?.username ? { user: user.username } : {}),
    canWrite: user === undefined || mayWrite(authInfo?.scope),
    version,
    ledgers: ledgerNodes(RED).map((node) => ({ id: node.id, name: ledgerName(node) })),
  };
}

/**
 * As Node-RED decides it, which decides again with every change. Its own check cannot be asked without a request that
 * it would note as a refused one.
 */
function mayWrite(scope: string | string[] | undefined): boolean {
  return [scope ?? []].flat().some((each) => ["*", "write", "*.write", "docbridge.write"].includes(each));
}
