import type { Exchange } from "../kernel/exchange";
import type { Identity } from "../kernel/identity";
import type { ClientTokens } from "./client-tokens";
import type { DocumentumSwitches } from "./switches";
import { Failure } from "./wire/failures";

const REALM = "com.emc.documentum.rest";

/** Who called, and what the reply must carry because of how they logged in. */
export interface Login {
  user: string;
  /** Client-token mode: cookie and CSRF headers. */
  headers: Record<string, string>;
}

/** Judges credentials: Basic, bearer, OTDS ticket and, in client-token mode, the token (wire/documentum.md section 10). */
export class Authentication {
  constructor(
    private readonly identity: Identity,
    private readonly tokens: ClientTokens,
    private readonly switches: DocumentumSwitches,
  ) {}

  /** Throws the 401 failure, or the CSRF refusal. */
  login(exchange: Exchange): Login {
    const tokenMode = this.switches.isOn("client-token");
    if (tokenMode) {
      const user = this.tokens.userOf(exchange);
      if (user) {
        this.tokens.demandCsrf(exchange);
        return { user, headers: this.tokens.headersFor(exchange, user) };
      }
    }
    const user = this.byCredentials(exchange);
    if (!user) throw this.refusal(exchange);
    return { user, headers: tokenMode ? this.tokens.headersFor(undefined, user) : {} };
  }

  private byCredentials(exchange: Exchange): string | undefined {
    const { basic, bearer } = exchange;
    // The ticket header's name is weakly supported (10.3): both spellings are taken.
    const ticket = exchange.header("otds_ticket") ?? exchange.header("otdsticket");
    const principal =
      (basic && this.identity.byPassword(basic.user, basic.password)) ??
      (bearer ? this.identity.byToken(bearer) : undefined) ??
      (ticket ? this.identity.byTicket(ticket) : undefined);
    return principal?.user;
  }

  private refusal(exchange: Exchange): Failure {
    const quiet = this.switches.isOn("custom-unauth-hides-challenge") && exchange.header("documentum-custom-unauth-scheme") === "true";
    const challenge: Record<string, string> = quiet ? {} : { "WWW-Authenticate": `Basic realm="${REALM}"` };
    const flagged: Record<string, string> = this.tokens.presented(exchange) ? { DOCUMENTUM_CLIENT_TOKEN_ERROR: "invalid" } : {};
    return new Failure(401, "E_BAD_CREDENTIALS_ERROR", "Authentication failed because of invalid credentials.", "", {
      ...challenge,
      ...flagged,
    });
  }
}
