import type { ContentStore } from "./css/content-store";
import { issueUploadId } from "./css/mount";
import type { SandboxDescription } from "./description";
import type { Handler, SandboxApp } from "./kernel/app";
import type { Exchange } from "./kernel/exchange";
import { FAULT_KINDS, type FaultRule } from "./kernel/faults";
import { controlHandler } from "./kernel/loopback";
import type { SwitchValue } from "./kernel/switches";

/** A control request that makes no sense. */
class BadControl extends Error {}

/**
 * Adds the sandbox's own admin routes under `/sandbox`. They are NOT part of any vendor's API; they answer to loopback
 * only, and every reply says so in `X-Sandbox-Control`.
 */
export function mountControl(app: SandboxApp, contents: ContentStore, describe: () => SandboxDescription): void {
  const route = (method: string, path: string, handler: Handler): void =>
    app.route(
      "sandbox",
      method,
      `/sandbox${path}`,
      controlHandler(handler, (error) => error instanceof BadControl),
    );

  route("GET", "", (exchange) => exchange.json(200, describe()));

  route("GET", "/faults", (exchange) => exchange.json(200, faultsOf(app)));
  route("PUT", "/faults", async (exchange) => {
    app.faults.set(readRules(await readObject(exchange)));
    exchange.json(200, faultsOf(app));
  });

  route("GET", "/switches", (exchange) => exchange.json(200, { switches: app.switches.all() }));
  route("PUT", "/switches", async (exchange) => {
    setSwitches(app, await readObject(exchange));
    exchange.json(200, { switches: app.switches.all() });
  });

  route("POST", "/expire-tokens", (exchange) => {
    app.expireTokens();
    exchange.send(204, undefined);
  });

  route("GET", "/metrics", (exchange) => exchange.json(200, { services: app.metrics.report(), memory: process.memoryUsage() }));

  // How the vendor issues upload ids for POST /v2/upload/{id}/content is [UNKNOWN]: here they come from the control API.
  route("POST", "/css/upload-ids", (exchange) => exchange.json(201, { id: issueUploadId(app, contents) }));
}

function faultsOf(app: SandboxApp): object {
  const report = app.faults.report();
  return { rules: report.map(({ rule }) => rule), report };
}

async function readObject(exchange: Exchange): Promise<Record<string, unknown>> {
  let body: unknown;
  try {
    body = await exchange.bodyJson();
  } catch {
    throw new BadControl("The request body is not JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new BadControl("The request body must be a JSON object");
  return body as Record<string, unknown>;
}

const NUMBERS = ["rate", "times", "after", "status", "retryAfter", "ms", "seed"];
const TEXTS = ["method", "path"];

function readRules({ rules }: Record<string, unknown>): FaultRule[] {
  if (!Array.isArray(rules)) throw new BadControl("'rules' must be a list of fault rules");
  return rules.map((rule, index) => {
    const fault = faultOfRule(rule);
    if (fault) throw new BadControl(`rules[${index}]: ${fault}`);
    return rule as FaultRule;
  });
}

/** What is wrong with a rule, or undefined. */
function faultOfRule(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "must be an object";
  const rule = value as Record<string, unknown>;
  if (!(FAULT_KINDS as readonly unknown[]).includes(rule.kind)) return `kind must be one of ${FAULT_KINDS.join(", ")}`;
  if (typeof rule.service !== "string") return "service must name a service, for example css";
  for (const [name, member] of Object.entries(rule)) {
    if (name === "kind" || name === "service") continue;
    if (NUMBERS.includes(name)) {
      if (typeof member !== "number" || !(member >= 0)) return `${name} must be a number from 0`;
    } else if (!TEXTS.includes(name)) return `'${name}' is not a member of a fault rule`;
    else if (typeof member !== "string") return `${name} must be a string`;
  }
  try {
    new RegExp((rule.path as string | undefined) ?? "");
    return undefined;
  } catch {
    return "path is not a regular expression";
  }
}

/** All or none: a request that names one bad switch changes nothing. */
function setSwitches(app: SandboxApp, values: Record<string, unknown>): void {
  const before: [string, SwitchValue][] = [];
  try {
    for (const [name, value] of Object.entries(values)) {
      const old = app.switches.get(name);
      app.switches.set(name, value as SwitchValue);
      before.push([name, old]);
    }
  } catch (error) {
    for (const [name, value] of before) app.switches.set(name, value);
    throw new BadControl((error as Error).message);
  }
}
