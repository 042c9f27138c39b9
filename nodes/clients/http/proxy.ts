import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";

/** A forward proxy as Node-RED's `http proxy` configuration node describes it. */
export interface ProxySettings {
  /** `http://host:port` or `https://host:port`. */
  url: string;
  username?: string;
  password?: string;
  /** Hosts reached directly: `host`, `host:port`, `.domain` or `*` . */
  noProxy?: string[];
}

/** Whether requests to `host` (with `port`) go through the proxy. */
export function isProxied(host: string, port: string, proxy: ProxySettings): boolean {
  const name = host.toLowerCase();
  return !(proxy.noProxy ?? []).some((rule) => {
    const [ruleHost = "", rulePort] = rule.trim().toLowerCase().split(":");
    if (ruleHost === "" || (rulePort !== undefined && rulePort !== port)) return false;
    if (ruleHost === "*" || ruleHost === name) return true;
    return name.endsWith(ruleHost.startsWith(".") ? ruleHost : `.${ruleHost}`);
  });
}

/** What turns a plain-http request into one to the proxy: it is asked for the whole URL. */
export function forwardedOptions(url: URL, path: string, proxy: ProxySettings): http.RequestOptions & { headers: Record<string, string> } {
  const gate = new URL(proxy.url);
  return {
    hostname: gate.hostname,
    host: gate.hostname,
    port: gate.port || (gate.protocol === "https:" ? 443 : 80),
    path: url.origin + path,
    headers: { Host: url.host, ...authorization(proxy) },
  };
}

function authorization(proxy: ProxySettings): Record<string, string> {
  if (!proxy.username) return {};
  return { "Proxy-Authorization": `Basic ${Buffer.from(`${proxy.username}:${proxy.password ?? ""}`).toString("base64")}` };
}

/** What of the target's TLS settings a proxy may have: whom to trust, but not the client certificate. */
export function trustOf(tls: https.AgentOptions | undefined): https.AgentOptions {
  return tls ? { ca: tls.ca, rejectUnauthorized: tls.rejectUnauthorized } : {};
}

type Created = (error: Error | null, socket: Duplex) => void;

/** Agent for https targets behind a forward proxy: it opens a CONNECT tunnel and speaks TLS to the target inside it. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: ProxySettings;
  readonly #trust: https.AgentOptions;

  constructor(proxy: ProxySettings, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#trust = trustOf(options);
  }

  override createConnection(options: https.RequestOptions, callback?: Created): Duplex | null | undefined {
    const host = String(options.host ?? "localhost");
    const port = String(options.port ?? 443);
    if (!isProxied(host, port, this.#proxy)) return super.createConnection(options, callback);
    const done = callback as Created;
    const failed = (error: Error): void => done(error, undefined as unknown as Duplex);
    const gate = new URL(this.#proxy.url);
    const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const connect = (gate.protocol === "https:" ? https : http).request({
      hostname: gate.hostname,
      port: gate.port || undefined,
      method: "CONNECT",
      path: target,
      agent: false,
      ...this.#trust,
      timeout: options.timeout,
      headers: { Host: target, ...authorization(this.#proxy) },
    });
    connect.once("timeout", () => connect.destroy(Object.assign(new Error("proxy too slow"), { code: "ETIMEDOUT" })));
    connect.once("error", failed);
    connect.once("connect", (reply, socket) => {
      connect.off("error", failed);
      if (reply.statusCode !== 200) {
        socket.destroy();
        failed(Object.assign(new Error("proxy refused"), { code: `EPROXY${reply.statusCode}` }));
        return;
      }
      done(null, tls.connect({ ...(options as tls.ConnectionOptions), socket }));
    });
    connect.end();
    return undefined;
  }
}
