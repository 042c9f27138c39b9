import type { NodeAPI } from "node-red";
import { asDocbridgeError, type DocbridgeError } from "../core/errors";
import type { ConnectionConfig, ConnectionOwner, ConnectionSecrets } from "./connection-options";

/** What has to work before a connection does, in this order. */
export const TEST_STEPS = ["fields", "name", "connection", "tls", "signIn", "service", "permission"] as const;
export type TestStep = (typeof TEST_STEPS)[number];

export interface TestReport {
  /** The step that failed; absent when all went well. */
  failed?: TestStep;
  code?: string;
  message?: string;
  /** What the server says it is. */
  server?: string;
}

/** Opens the connection of a dialog, asks something harmless, closes it again, and says what answered. */
export type Probe<C> = (node: ConnectionOwner, config: C) => Promise<string>;

/** A person waits in front of the dialog, seconds. */
const PATIENCE_S = 15;
/** What the editor shows instead of a stored secret. */
const MASKED = "__PWRD__";

/**
 * `POST docbridge/connections/<type>/test` with `{ id, fields, credentials }` of an open dialog -> TestReport. Secrets that were
 * not typed anew are those stored for the node. Needs the permission to write flows, which could do the same.
 */
export function registerConnectionTest<C extends ConnectionConfig>(RED: NodeAPI, type: string, probe: Probe<C>): void {
  RED.httpAdmin.post(`/docbridge/connections/${type}/test`, RED.auth.needsPermission("flows.write"), (req, res) => {
    const { id, fields, credentials } = (req.body ?? {}) as { id?: string; fields?: C; credentials?: ConnectionSecrets };
    const stored = (id ? RED.nodes.getCredentials(id) : undefined) as ConnectionSecrets | undefined;
    const typed = Object.entries(credentials ?? {}).filter(([, value]) => value !== MASKED);
    const owner = { credentials: { ...stored, ...Object.fromEntries(typed) } };
    const patience = Math.min(PATIENCE_S, Number(fields?.timeoutSeconds) || PATIENCE_S);
    const config = { ...fields, timeoutSeconds: String(patience) } as C;
    probe(owner, config).then(
      (server) => res.json({ server } satisfies TestReport),
      (thrown) => {
        const error = asDocbridgeError(thrown);
        res.json({ failed: stepOf(error), code: error.code, message: error.message } satisfies TestReport);
      },
    );
  });
}

/** The step at which a failure shows. */
export function stepOf(error: DocbridgeError): TestStep {
  switch (error.code) {
    case "configuration":
      return "fields";
    case "connection-refused":
      return /^(ENOTFOUND|EAI_AGAIN)$/.test((error.cause as Error | undefined)?.message ?? "") ? "name" : "connection";
    case "timeout":
    case "connection-lost":
      return "connection";
    case "tls-failed":
      return "tls";
    case "authentication-failed":
      return "signIn";
    case "permission-denied":
      return "permission";
    default:
      return "service";
  }
}
