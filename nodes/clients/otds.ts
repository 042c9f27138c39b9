import { DocbridgeError } from "../core/errors";
import type { FailureReader } from "./http/failures";
import type { Http } from "./http/http";
import { asNumber, asObject, asText, excerpt, parseJson } from "./http/json";
import { unlessAborted } from "./http/signals";

/** OAuth2 as OTDS and the platform offer it (wire/otds.md 2 and 3). The token URL is configured whole (7, [OURS]). */
export interface OAuth2Credentials {
  kind: "oauth2";
  tokenUrl: string;
  grant: "client_credentials" | "password";
  clientId: string;
  clientSecret: string;
  /** Of the `password` grant. */
  user?: string;
  password?: string;
  scope?: string;
  bodyFormat: "form" | "json";
  /** Where client id and secret go: into the body, or into HTTP Basic. */
  clientAuth: "body" | "basic";
  /** Seconds before its end at which a token is renewed; default 30, and never more than a quarter of its life. */
  marginSeconds?: number;
}

/** A ticket from OTDS' own credentials call (wire/otds.md 5), sent in `headerName` (`OTDSTicket`, `OTDS_TICKET`). */
export interface TicketCredentials {
  kind: "otds-ticket";
  credentialsUrl: string;
  user: string;
  password: string;
  headerName: string;
}

export type CredentialConfig = { kind: "none" } | { kind: "basic"; user: string; password: string } | OAuth2Credentials | TicketCredentials;

export type AuthHeaders = Record<string, string>;

/** What puts credentials on requests. */
export interface CredentialSource {
  headers(signal?: AbortSignal): Promise<AuthHeaders>;
  /**
   * Drops the credential, if it is still the one in `used`. False when there is no other to be had: asking twice with
   * the same password locks accounts.
   */
  invalidate(used: AuthHeaders): boolean;
}

interface Credential {
  headers: AuthHeaders;
  /** Milliseconds of `now`; absent when its life is not known (then a 401 ends it). */
  renewAt?: number;
  refreshToken?: string;
}

/** After the service refused the credentials themselves, it is not asked again for this long: repeated tries lock accounts. [OURS] */
const REFUSED_MS = 30_000;

/** The credential of one connection: fetched when first needed, renewed in time, by one request whoever asks. */
export class TokenSource implements CredentialSource {
  readonly #config: CredentialConfig;
  readonly #http: Http;
  readonly #now: () => number;
  #current: Credential | undefined;
  #renewal: Promise<Credential> | undefined;
  #refused: { error: DocbridgeError; until: number } | undefined;

  /** `http` reaches the token endpoint; it has no limiter, because a token call must not wait behind what waits for it. */
  constructor(config: CredentialConfig, http: Http, options: { now?: () => number } = {}) {
    this.#config = config;
    this.#http = http;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * The headers that carry the credential. Throws DocbridgeError `authentication-failed` (permanent: the service refused
   * user or client), and retryable errors when the token endpoint cannot be reached; never an ambiguous one, because
   * the request itself was not sent.
   */
  async headers(signal?: AbortSignal): Promise<AuthHeaders> {
    const config = this.#config;
    if (config.kind === "none") return {};
    if (config.kind === "basic") return { Authorization: basic(config.user, config.password) };
    const current = this.#current;
    if (current && (current.renewAt === undefined || this.#now() < current.renewAt)) return current.headers;
    if (this.#refused && this.#now() < this.#refused.until) throw this.#refused.error;
    this.#renewal ??= this.#renew(config, current).finally(() => {
      this.#renewal = undefined;
    });
    return (await unlessAborted(this.#renewal, signal)).headers;
  }

  invalidate(used: AuthHeaders): boolean {
    if (this.#config.kind === "none" || this.#config.kind === "basic") return false;
    const current = this.#current;
    if (current && Object.entries(current.headers).every(([name, value]) => used[name] === value)) {
      // The refresh token outlives the token it came with.
      this.#current = current.refreshToken ? { ...current, headers: {}, renewAt: Number.NEGATIVE_INFINITY } : undefined;
    }
    return true;
  }

  async #renew(config: OAuth2Credentials | TicketCredentials, last: Credential | undefined): Promise<Credential> {
    try {
      const fresh = config.kind === "otds-ticket" ? await this.#fetchTicket(config) : await this.#fetchToken(config, last?.refreshToken);
      this.#current = fresh;
      this.#refused = undefined;
      return fresh;
    } catch (thrown) {
      this.#current = undefined;
      const error = grantFailure(thrown);
      if (error.code === "authentication-failed") this.#refused = { error, until: this.#now() + REFUSED_MS };
      throw error;
    }
  }

  async #fetchToken(config: OAuth2Credentials, refreshToken: string | undefined): Promise<Credential> {
    if (refreshToken !== undefined) {
      const refreshed = await this.#grant(config, { grant_type: "refresh_token", refresh_token: refreshToken }).catch((thrown) => {
        if (thrown instanceof DocbridgeError && thrown.code === "authentication-failed") return undefined;
        throw thrown;
      });
      // A server that gives no new refresh token leaves the old one valid (RFC 6749 section 6).
      if (refreshed) return { ...refreshed, refreshToken: refreshed.refreshToken ?? refreshToken };
    }
    const grant: Record<string, string> = { grant_type: config.grant };
    if (config.grant === "password") Object.assign(grant, { username: config.user ?? "", password: config.password ?? "" });
    if (config.scope) grant.scope = config.scope;
    return this.#grant(config, grant);
  }

  async #grant(config: OAuth2Credentials, grant: Record<string, string>): Promise<Credential> {
    const inBody = config.clientAuth === "body";
    const fields = inBody ? { client_id: config.clientId, client_secret: config.clientSecret, ...grant } : grant;
    const json = config.bodyFormat === "json";
    const { body } = await this.#http.request({
      method: "POST",
      url: config.tokenUrl,
      headers: {
        Accept: "application/json",
        "Content-Type": json ? "application/json" : "application/x-www-form-urlencoded",
        ...(inBody ? {} : { Authorization: basic(config.clientId, config.clientSecret) }),
      },
      body: json ? JSON.stringify(fields) : new URLSearchParams(fields).toString(),
      readFailure: readGrantFailure,
    });
    const reply = asObject(parseJson(body));
    const token = asText(reply.access_token);
    if (!token) throw noCredential("access_token");
    // The older gateway form gives every value as a string (wire/otds.md 4).
    const life = asNumber(reply.expires_in);
    return {
      headers: { Authorization: `Bearer ${token}` },
      renewAt: life !== undefined && life > 0 ? this.#now() + (life - Math.min(config.marginSeconds ?? 30, life / 4)) * 1000 : undefined,
      refreshToken: asText(reply.refresh_token),
    };
  }

  async #fetchTicket(config: TicketCredentials): Promise<Credential> {
    const { body } = await this.#http.request({
      method: "POST",
      url: config.credentialsUrl,
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ userName: config.user, password: config.password }),
      readFailure: readGrantFailure,
    });
    const reply = asObject(parseJson(body));
    // A reply of 200 can still ask for a second step or name a failure (wire/otds.md 5).
    if (asText(reply.failureReason) || reply.continuation === true) {
      throw new DocbridgeError("authentication-failed", {
        message: "OTDS did not give a ticket for the user of the connection. Sign in once by hand: the password may have expired.",
      });
    }
    const ticket = asText(reply.ticket);
    if (!ticket) throw noCredential("ticket");
    return { headers: { [config.headerName]: ticket } };
  }
}

/**
 * Runs `fn` with credentials, and once more with fresh ones when they are refused. `fn` must be repeatable: bodies come
 * from files or from memory. A second refusal is the caller's (wire/otds.md 7.5).
 */
export async function withAuth<T>(source: CredentialSource, fn: (headers: AuthHeaders) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const used = await source.headers(signal);
  try {
    return await fn(used);
  } catch (thrown) {
    if (!isRefusedCredential(thrown) || !source.invalidate(used)) throw thrown;
    return fn(await source.headers(signal));
  }
}

/** 401, or what OTDS' own REST says of an expired ticket: 400 with its status 1034 (wire/otds.md 6). */
function isRefusedCredential(thrown: unknown): boolean {
  if (!(thrown instanceof DocbridgeError)) return false;
  if (thrown.status === 401) return thrown.code === "authentication-failed";
  return thrown.status === 400 && (thrown.remote?.code === "1034" || thrown.remote?.message === "Expired OTDS SSO ticket");
}

const readGrantFailure: FailureReader = (body, status) => {
  const { error, error_description } = asObject(body);
  const refused = status === 400 || status === 401 || status === 403;
  return {
    code: excerpt(error, 80),
    message: excerpt(error_description),
    ...(refused ? { as: "authentication-failed", advice: "Check user, client id, secret and grant of the connection." } : {}),
  };
};

/** Nothing the caller asked for has been sent yet, so whatever happened here is not ambiguous. */
function grantFailure(thrown: unknown): DocbridgeError {
  if (!(thrown instanceof DocbridgeError)) throw thrown;
  return new DocbridgeError(thrown.code, {
    message: `No credentials for the request. ${thrown.message}`,
    retryable: thrown.retryable,
    retryAfterMs: thrown.retryAfterMs,
    remote: thrown.remote,
    cause: thrown,
  });
}

function noCredential(field: string): DocbridgeError {
  return new DocbridgeError("unexpected-reply", {
    message: `The reply of the token service has no ${field}. Check the token URL of the connection.`,
  });
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
}
