import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import { bearerOf, type Identity, type Principal } from "../kernel/identity";
import { CmsError } from "./errors";
import { type FieldOf, type Page, type Query, readQuery, selectPage } from "./query";
import { RateLimit } from "./rate-limit";

export type CmsHandler = (exchange: Exchange, principal: Principal) => Promise<void> | void;
export type AddRoute = (method: string, path: string, handler: CmsHandler) => void;

/** How CMS routes are protected and answered. */
export class Serving {
  private readonly limit: RateLimit;

  constructor(
    private readonly app: SandboxApp,
    private readonly identity: Identity,
  ) {
    this.limit = new RateLimit(app.now);
    const { switches } = app;
    switches.declare("cms.requests-per-second", 0, "Refuse more requests a second with 429; 0: no limit. The vendor documents 5");
    switches.declare("cms.retry-after-seconds", 0, "Retry-After on 429; 0: no such header (its use is unknown)");
    switches.declare("cms.max-items-per-page", 1000, "Larger page sizes are cut to this (the vendor's maximum is unknown)");
    app.failWith("cms", (exchange, status, text) => this.sendError(exchange, new CmsError(status, exceptionOf(status), text)));
  }

  /** Adds a route under `/cms` that is limited, needs a bearer token, and words failures as CMS does. */
  readonly add: AddRoute = (method, path, handler) =>
    this.app.route("cms", method, `/cms${path}`, async (exchange) => {
      if (!this.admit(exchange)) return;
      try {
        const principal = bearerOf(this.identity, exchange);
        if (!principal) throw new CmsError(401, "UnauthorizedException", "the bearer token is missing, unknown or expired");
        await handler(exchange, principal);
      } catch (error) {
        if (!(error instanceof CmsError)) throw error;
        this.sendError(exchange, error);
      }
    });

  base(): string {
    return `${this.app.origin}/cms`;
  }

  /** JSON under the media type the client asks for; `application/hal+json` and `application/json` mean the same. */
  send(exchange: Exchange, status: number, body: unknown): void {
    const hal = (exchange.header("accept") ?? "").includes("application/hal+json");
    exchange.json(status, body, hal ? { "Content-Type": "application/hal+json" } : {});
  }

  readQuery(exchange: Exchange): Query {
    return readQuery(exchange, this.app.switches.numberOf("cms.max-items-per-page"));
  }

  /** Lists rows on one page unless the request asks for pages: whether such lists are paged is [UNKNOWN]. */
  sendAll<T extends object>(exchange: Exchange, rows: readonly T[]): void {
    if (!exchange.query.has("items-per-page")) exchange.query.set("items-per-page", String(Math.max(1, rows.length)));
    this.sendRows(exchange, rows);
  }

  /** Lists plain rows by the parameters of the request. */
  sendRows<T extends object>(exchange: Exchange, rows: Iterable<T>, present: (row: T) => unknown = (row) => row): void {
    const query = this.readQuery(exchange);
    const fieldOf: FieldOf<T> = (row, field) => row[field as keyof T];
    this.sendPage(exchange, query, selectPage(rows, query, fieldOf), present);
  }

  /** The envelope of wire/css.md 6.4: without matches `_embedded` is absent. */
  sendPage<T>(exchange: Exchange, query: Query, page: Page<T>, present: (row: T) => unknown): void {
    const link = (number: number): { href: string } => {
      const parameters = new URLSearchParams(exchange.query);
      parameters.set("page", String(number));
      return { href: `${this.app.origin}${exchange.path}?${parameters}` };
    };
    this.send(exchange, 200, {
      ...(page.rows.length > 0 ? { _embedded: { collection: page.rows.map(present) } } : {}),
      _links: {
        self: link(query.page),
        ...(page.hasNext ? { next: link(query.page + 1) } : {}),
        ...(query.page > 1 ? { previous: link(query.page - 1) } : {}),
      },
      page: query.page,
      itemsPerPage: query.itemsPerPage,
      ...(page.total === undefined ? {} : { total: page.total }),
    });
  }

  private sendError(exchange: Exchange, error: CmsError): void {
    exchange.json(error.status, { status: error.status, exception: error.exception, details: error.message });
  }

  /** M8: over the limit the gateway answers, not the service (wire/css.md section 9). */
  private admit(exchange: Exchange): boolean {
    if (this.limit.admit(this.app.switches.numberOf("cms.requests-per-second"))) return true;
    const seconds = this.app.switches.numberOf("cms.retry-after-seconds");
    exchange.req.resume();
    exchange.json(429, { fault: { faultstring: "Rate limit exceeded" } }, seconds > 0 ? { "Retry-After": String(seconds) } : {});
    return false;
  }
}

function exceptionOf(status: number): string {
  if (status === 404) return "ResourceNotFoundException";
  return status < 500 ? "BadRequestException" : "ServiceException";
}
