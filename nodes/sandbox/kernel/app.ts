import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Exchange } from "./exchange";
import { type FaultRule, Faults } from "./faults";
import { Metrics } from "./metrics";
import { Store } from "./store";
import { Switches } from "./switches";

export type Handler = (exchange: Exchange) => Promise<void> | void;

interface Route {
  service: string;
  /** First segment of the path; empty when it is a parameter. */
  head: string;
  method: string;
  pattern: RegExp;
  names: string[];
  handler: Handler;
}

/** Sends a failure in the shape a service's contract asks for. */
export type Failer = (exchange: Exchange, status: number, text: string) => void;

/**
 * One loopback HTTP server that carries all stand-in services, each mounted under the paths of its wire contract.
 * Knows nothing of any vendor.
 */
export class SandboxApp {
  readonly faults = new Faults();
  /** Named settings of the mounted services. */
  readonly switches = new Switches();
  readonly metrics = new Metrics();
  private readonly routes: Route[] = [];
  /** The routes that can match a path, by its first segment. */
  private readonly routesByHead = new Map<string, Route[]>();
  private readonly running = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly stores = new Map<string, Store>();
  private readonly failers = new Map<string, Failer>();
  private readonly expiryListeners: (() => void)[] = [];
  private readonly closers: (() => Promise<void> | void)[] = [];
  private readonly server: Server;

  constructor(
    readonly dataDir: string,
    /** Milliseconds since 1970; tests may step it. */
    readonly now: () => number = Date.now,
  ) {
    this.server = createServer((req, res) => {
      const running = this.serve(req, res).finally(() => this.running.delete(running));
      this.running.add(running);
    });
    // Slow uploads are part of the tests; the server must not cut them.
    this.server.requestTimeout = 0;
    this.server.keepAliveTimeout = 60_000;
  }

  /** The service's own state on disk; the same object for the same name. */
  store(service: string): Store {
    const known = this.stores.get(service);
    if (known) return known;
    const store = new Store(this.dataDir, service);
    this.stores.set(service, store);
    return store;
  }

  /**
   * Adds a route. `:name` matches one path segment (given to the handler as sent, not decoded), `*name` the rest.
   * Routes are tried in the order they were added.
   */
  route(service: string, method: string, path: string, handler: Handler): void {
    const names: string[] = [];
    const source = path.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/([:*])([A-Za-z]+)/g, (_all, sign: string, name: string) => {
      names.push(name);
      return sign === ":" ? "([^/]+)" : "(.*)";
    });
    const segment = /^\/([^/]*)/.exec(path)?.[1] ?? "";
    const head = /[:*]/.test(segment) ? "" : segment;
    this.routes.push({ service, head, method, pattern: new RegExp(`^${source}$`), names, handler });
    this.routesByHead.clear();
  }

  /** How a service words failures the kernel itself has to send (fault switch, crash in a handler). */
  failWith(service: string, failer: Failer): void {
    this.failers.set(service, failer);
  }

  /** Called when the `expire-tokens` fault hits. */
  onExpireTokens(listener: () => void): void {
    this.expiryListeners.push(listener);
  }

  /** Voids every token and ticket issued so far. */
  expireTokens(): void {
    for (const listener of this.expiryListeners) listener();
  }

  /** Called when the sandbox stops. */
  onClose(closer: () => Promise<void> | void): void {
    this.closers.push(closer);
  }

  async listen(port: number, host = "127.0.0.1"): Promise<void> {
    this.server.listen(port, host);
    await once(this.server, "listening");
  }

  /** `http://127.0.0.1:<port>`; only after `listen`. */
  get origin(): string {
    const address = this.server.address() as AddressInfo;
    return `http://${address.address}:${address.port}`;
  }

  /** Cuts every connection, waits for the handlers to notice, and closes the stores. */
  async close(): Promise<void> {
    this.stopping.abort();
    const closers = await Promise.allSettled(this.closers.map(async (closer) => closer()));
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
    // A handler that waits for something other than its connection must not hold up the stop for ever.
    await Promise.race([Promise.allSettled(this.running), sleep(2000, undefined, { ref: false })]);
    for (const store of this.stores.values()) store.close();
    const failed = closers.find((closer) => closer.status === "rejected");
    if (failed) throw failed.reason;
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let exchange: Exchange;
    try {
      exchange = new Exchange(req, res);
    } catch {
      res.writeHead(400).end();
      return;
    }
    const method = req.method === "HEAD" ? "GET" : (req.method ?? "GET");
    const candidates = this.routesUnder(exchange.path).filter((route) => route.pattern.test(exchange.path));
    const route = candidates.find((candidate) => candidate.method === method);
    if (!route) {
      const service = candidates[0]?.service;
      this.fail(service, exchange, service ? 405 : 404, service ? `${method} is not offered here` : "Requested resource not found");
      return;
    }
    const started = performance.now();
    res.once("close", () => this.metrics.count(route.service, performance.now() - started, res.statusCode >= 500 || !res.writableFinished));
    const found = route.pattern.exec(exchange.path) as RegExpExecArray;
    route.names.forEach((name, index) => {
      exchange.params[name] = found[index + 1] as string;
    });
    try {
      for (const rule of this.faults.hitsFor(route.service, method, exchange.path)) {
        if (await this.applyBefore(rule, route.service, exchange)) return;
      }
      await route.handler(exchange);
      if (!exchange.replied) throw new Error(`${route.method} ${exchange.path}: the handler sent no reply`);
    } catch (error) {
      // What a stop interrupts has no outcome to tell of.
      if (this.stopping.signal.aborted || res.headersSent || req.socket.destroyed) res.destroy();
      else if (error instanceof URIError) this.fail(route.service, exchange, 400, "The path is not correctly percent-encoded");
      else this.fail(route.service, exchange, 500, error instanceof Error ? error.message : String(error));
    }
  }

  private routesUnder(path: string): Route[] {
    const head = /^\/([^/]*)/.exec(path)?.[1] ?? "";
    const known = this.routesByHead.get(head);
    if (known) return known;
    const routes = this.routes.filter((route) => route.head === head || route.head === "");
    // Only heads that routes name are kept: paths come from outside and are without number.
    if (routes.some((route) => route.head === head)) this.routesByHead.set(head, routes);
    return routes;
  }

  /** Carries out what a switch does before the handler. True: the request is dealt with. */
  private async applyBefore(rule: FaultRule, service: string, exchange: Exchange): Promise<boolean> {
    switch (rule.kind) {
      case "latency":
        await sleep(rule.ms ?? 0, undefined, { signal: this.stopping.signal });
        return false;
      case "drop-reply":
        exchange.dropReply = true;
        return false;
      case "flip":
      case "truncate":
        exchange.damage = rule.kind;
        return false;
      case "expire-tokens":
        this.expireTokens();
        return false;
      case "reset":
        exchange.res.destroy();
        exchange.req.socket.destroy();
        return true;
      case "status":
        if (rule.retryAfter !== undefined) exchange.res.setHeader("Retry-After", String(rule.retryAfter));
        this.fail(service, exchange, rule.status ?? 503, "The service is not available (fault switch)");
        return true;
    }
  }

  private fail(service: string | undefined, exchange: Exchange, status: number, text: string): void {
    const failer = service ? this.failers.get(service) : undefined;
    // An unread body would keep the connection busy: read it away once the reply is out.
    exchange.req.resume();
    if (failer) failer(exchange, status, text);
    else exchange.json(status, { status, title: text });
  }
}
