import { randomBytes } from "node:crypto";
import type { Exchange } from "../kernel/exchange";
import type { DocumentumSwitches } from "./switches";
import { Failure } from "./wire/failures";

const COOKIE = "DOCUMENTUM-CLIENT-TOKEN";
const CSRF_HEADER = "DOCUMENTUM-CSRF-TOKEN";
const CSRF_QUERY = "csrf-token";
/** wire/documentum.md 10.4. */
const CSRF_LENGTH = 256;

interface Session {
  user: string;
  csrf: string;
  /** Milliseconds since 1970; pushed back by every use [INF]. */
  until: number;
}

/** Client tokens with CSRF tokens (wire/documentum.md 10.4). They live in memory: a restart ends them. */
export class ClientTokens {
  private readonly sessions = new Map<string, Session>();

  constructor(
    private readonly switches: DocumentumSwitches,
    private readonly now: () => number,
  ) {}

  /** The token a request presents: cookie, header of the cookie's name, or the site's own header. */
  presented(exchange: Exchange): string | undefined {
    const cookies = (exchange.header("cookie") ?? "").split(";").map((one) => one.trim());
    const cookie = cookies.find((one) => one.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
    const siteHeader = this.switches.text("client-token-header");
    return cookie ?? exchange.header(COOKIE) ?? (siteHeader ? exchange.header(siteHeader) : undefined);
  }

  /** The owner of a token that has not expired. */
  userOf(exchange: Exchange): string | undefined {
    return this.session(exchange)?.user;
  }

  /** Throws when a changing request lacks the CSRF token. Only a token login needs it. */
  demandCsrf(exchange: Exchange): void {
    if (!this.switches.isOn("csrf") || exchange.req.method === "GET" || exchange.req.method === "HEAD") return;
    const sent = exchange.header(CSRF_HEADER) ?? exchange.query.get(CSRF_QUERY);
    if (sent === this.session(exchange)?.csrf) return;
    throw new Failure(this.switches.number("csrf-status"), "E_ACCESS_DENIED", "The CSRF token is missing or wrong.");
  }

  /** Cookie and CSRF headers: of the presented token, renewed, or of a new one. */
  headersFor(exchange: Exchange | undefined, user: string): Record<string, string> {
    const known = exchange && this.session(exchange);
    const session: Session = known ?? { user, csrf: randomBytes(CSRF_LENGTH / 2).toString("hex"), until: 0 };
    const token = (known && exchange && this.presented(exchange)) ?? randomBytes(48).toString("base64url");
    session.until = this.now() + this.switches.number("client-token-seconds") * 1000;
    this.sessions.set(token, session);
    const siteHeader = this.switches.text("client-token-header");
    return {
      // The official Java client takes the first Set-Cookie and cuts it at the comma that Expires brings.
      "Set-Cookie": `${COOKIE}=${token}; Expires=${new Date(session.until).toUTCString()}; Path=/dctm-rest; HttpOnly`,
      ...(siteHeader ? { [siteHeader]: token } : {}),
      ...(this.switches.isOn("csrf") ? csrfHeaders(session.csrf) : {}),
    };
  }

  /** Ends the session a request presents. */
  logout(exchange: Exchange): void {
    const token = this.presented(exchange);
    if (token) this.sessions.delete(token);
  }

  expireAll(): void {
    this.sessions.clear();
  }

  private session(exchange: Exchange): Session | undefined {
    const token = this.presented(exchange);
    const session = token ? this.sessions.get(token) : undefined;
    if (!token || !session || session.until > this.now()) return session;
    this.sessions.delete(token);
    return undefined;
  }
}

function csrfHeaders(csrf: string): Record<string, string> {
  return { "DOCUMENTUM-CSRF-HEADER-NAME": CSRF_HEADER, "DOCUMENTUM-CSRF-QUERY-NAME": CSRF_QUERY, [CSRF_HEADER]: csrf };
}
