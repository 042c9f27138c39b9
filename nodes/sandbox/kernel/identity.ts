import type { Exchange } from "./exchange";

/** Who a token or ticket belongs to, as the identity service knows it. */
export interface Principal {
  /** Login name, for example `demo`; a service client's name ends in `@OAuthClients`. */
  user: string;
  tenant: string;
  clientId?: string;
}

/**
 * What the other services ask the identity stand-in. The OTDS folder implements it; nobody else issues or judges
 * tokens.
 */
export interface Identity {
  /** The owner of a bearer token that is neither unknown nor expired. */
  byToken(token: string | undefined): Principal | undefined;
  /** The owner of an OTDS ticket that is neither unknown nor expired. */
  byTicket(ticket: string | undefined): Principal | undefined;
  /** The owner of a user name and password. */
  byPassword(user: string, password: string): Principal | undefined;
}

/** The owner of the bearer token of a request. */
export function bearerOf(identity: Identity, exchange: Exchange): Principal | undefined {
  return identity.byToken(exchange.bearer);
}
