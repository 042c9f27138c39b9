/** The example flow, as the user imports it, changed where a run needs it otherwise. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxDescription } from "../../dist/sandbox/main.js";

export type FlowNode = Record<string, unknown> & { id: string; type: string };

export const EXAMPLE = join(import.meta.dirname, "../../examples/Statement job to Documentum and CSS.json");
export const LEDGER_ID = "dbr-ledger";
export const INJECT_ID = "dbr-run";

export function exampleFlow(): FlowNode[] {
  return JSON.parse(readFileSync(EXAMPLE, "utf8"));
}

/** Puts other values into the node of an id. Throws when the example has no such node: then the caller is out of date. */
export function change(flow: FlowNode[], id: string, values: Record<string, unknown>): void {
  const node = flow.find((candidate) => candidate.id === id);
  if (!node) throw new Error(`the example flow has no node ${id}`);
  Object.assign(node, values);
}

/** What the inject button submits. */
export function setJob(flow: FlowNode[], job: { customers: number; size: number; seed?: number; variants?: string[] }): void {
  change(flow, INJECT_ID, { payload: JSON.stringify({ generate: { seed: 1, variants: ["pdf"], ...job } }), payloadType: "json" });
}

/** Field values and credentials of the three connections to a sandbox in another process or thread. */
export function connectionsTo({ otds, exstream, documentum, css, cms }: SandboxDescription) {
  const oauth2 = { sandbox: false, auth: "oauth2", tokenUrl: otds.tokenUrl, grant: "client_credentials" };
  const client = { clientId: otds.clientId, clientSecret: otds.clientSecret };
  const { contextUrl, repository, user, password } = documentum;
  return {
    exstream: {
      fields: {
        ...oauth2,
        baseUrl: exstream.baseUrl,
        domain: exstream.domain,
        engineUrl: exstream.engineUrl,
        gatewayUrl: exstream.gatewayUrl,
        gatewayTicketUrl: otds.ticketUrl,
      },
      credentials: { ...client, gatewayUser: otds.user, gatewayPassword: otds.password },
    },
    documentum: { fields: { sandbox: false, auth: "basic", contextUrl, repository }, credentials: { user, password } },
    css: {
      fields: { ...oauth2, cssUrl: css.baseUrl, cmsUrl: cms.baseUrl, tenant: css.tenant, ratePerSecond: "" },
      credentials: client,
    },
  };
}

/** Points all connections at a sandbox in another process; returns the credentials for Node-RED's credentials file. */
export function useSandbox(flow: FlowNode[], sandbox: SandboxDescription): Record<string, Record<string, string>> {
  const connections = Object.entries(connectionsTo(sandbox)).map(([name, connection]) => ({ id: `dbr-${name}`, ...connection }));
  for (const { id, fields } of connections) change(flow, id, fields);
  return Object.fromEntries(connections.map(({ id, credentials }) => [id, credentials]));
}

/** Submits a job to a sandbox directly, as any other system would. */
export async function submitJob(sandbox: SandboxDescription, job: { customers: number; size: number; seed?: number }): Promise<void> {
  const { otds, exstream } = sandbox;
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: otds.clientId, client_secret: otds.clientSecret });
  const { access_token } = (await (await fetch(otds.tokenUrl, { method: "POST", body: form })).json()) as { access_token: string };
  const reply = await fetch(`${exstream.baseUrl}/orchestration/api/v1/inputs/batch/${exstream.domain}/${exstream.service}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${access_token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ generate: { seed: 1, variants: ["pdf"], ...job } }),
  });
  if (reply.status !== 201) throw new Error(`the batch submit answered ${reply.status}`);
}
