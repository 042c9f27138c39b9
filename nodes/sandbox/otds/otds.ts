import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { SandboxApp } from "../kernel/app";
import type { Identity, Principal } from "../kernel/identity";
import type { Collection } from "../kernel/store";
import { SigningKey } from "./keys";

/** A person who can log in. */
export interface User {
  name: string;
  password: string;
  groups: readonly string[];
}

/** A program that can log in. */
export interface Client {
  id: string;
  secret: string;
}

export interface Directory {
  tenant: string;
  /** OTDS partition: a user's full id is `name@partition`. */
  partition: string;
  users: readonly User[];
  clients: readonly Client[];
}

/** What the stand-in notes of each access token, refresh token or ticket it gives out. */
export interface Issued extends Principal {
  /** Running number; `expire-tokens` voids everything up to one. */
  number: number;
  scope: string;
  issuedAt: string;
  expiresAt: string;
}

export interface Grant {
  accessToken: string;
  expiresInSeconds: number;
  scope: string;
}

type VoidedKind = "tokens-and-tickets" | "refresh-tokens";

const DEFAULT_SCOPE = "otds:groups readwrite";
/** More verified tokens than this at a time: forget them and verify anew. */
const CACHE_LIMIT = 10_000;

/** The identity stand-in: issues and judges tokens and tickets (wire/otds.md section 8). */
export class Otds implements Identity {
  private readonly tokens: Collection<Issued>;
  private readonly refreshTokens: Collection<Issued>;
  private readonly tickets: Collection<Issued>;
  private readonly voided: Collection<{ upTo: number; at: string }>;
  /** Tokens whose signature was good; expiry and `expire-tokens` are judged on every use. */
  private readonly verified = new Map<string, Issued>();
  private number: number;

  private constructor(
    private readonly app: SandboxApp,
    readonly directory: Directory,
    private readonly key: SigningKey,
  ) {
    const store = app.store("otds");
    this.tokens = store.collection("token");
    this.refreshTokens = store.collection("refresh-token");
    this.tickets = store.collection("ticket");
    this.voided = store.collection("voided");
    this.number = Math.max(0, ...[this.tokens, this.refreshTokens, this.tickets].map(highestNumber));
    app.switches.declare("otds.token-lifetime-seconds", 900, "Lifetime of access tokens issued from now on");
    app.switches.declare("otds.ticket-lifetime-seconds", 900, "Lifetime of OTDS tickets issued from now on");
    app.switches.declare("otds.refresh-lifetime-seconds", 20_000, "Lifetime of refresh tokens issued from now on");
    app.switches.declare("otds.string-expires-in", false, "Token replies carry expires_in as a string (older gateway form)");
    app.switches.declare("otds.expire-keeps-refresh-tokens", false, "Fault expire-tokens spares refresh tokens");
    app.onExpireTokens(() => this.voidAll());
  }

  static async open(app: SandboxApp, directory: Directory): Promise<Otds> {
    return new Otds(app, directory, await SigningKey.open(app.store("otds")));
  }

  byToken(token: string | undefined): Principal | undefined {
    if (!token) return undefined;
    const issued = this.verified.get(token) ?? this.verify(token);
    return this.alive(issued) ? issued : undefined;
  }

  byTicket(ticket: string | undefined): Principal | undefined {
    const issued = ticket ? this.tickets.get(ticket) : undefined;
    return this.alive(issued) ? issued : undefined;
  }

  byPassword(user: string, password: string): Principal | undefined {
    const suffix = `@${this.directory.partition}`;
    const name = user.endsWith(suffix) ? user.slice(0, -suffix.length) : user;
    const known = this.directory.users.find((one) => one.name === name);
    return known && same(known.password, password) ? { user: known.name, tenant: this.directory.tenant } : undefined;
  }

  /** The principal of a service client, or undefined when id or secret is wrong. */
  byClient(id: string | undefined, secret: string | undefined): Principal | undefined {
    const known = this.directory.clients.find((client) => client.id === id);
    if (!known || secret === undefined || !same(known.secret, secret)) return undefined;
    // wire/otds.md section 3: a service client's user name ends in `@OAuthClients`.
    return { user: `${known.id}@OAuthClients`, tenant: this.directory.tenant, clientId: known.id };
  }

  /** The principal of a refresh token that is neither unknown, expired nor another client's. */
  byRefreshToken(token: string | undefined, clientId: string): Issued | undefined {
    const issued = token ? this.refreshTokens.get(token) : undefined;
    return this.alive(issued, "refresh-tokens") && issued.clientId === clientId ? issued : undefined;
  }

  issueToken(principal: Principal, scope: string | undefined, issuer: string): Grant {
    const seconds = this.app.switches.numberOf("otds.token-lifetime-seconds");
    const issued = this.note(principal, scope, seconds);
    const jti = randomUUID();
    const accessToken = this.key.sign({
      iss: issuer,
      sub: issued.user,
      tid: issued.tenant,
      tenant_id: issued.tenant,
      cid: issued.clientId ?? "",
      grp: [...(this.directory.users.find((user) => user.name === issued.user)?.groups ?? [])],
      scope: issued.scope,
      jti,
      iat: Math.floor(Date.parse(issued.issuedAt) / 1000),
      exp: Math.floor(Date.parse(issued.expiresAt) / 1000),
    });
    this.tokens.put(jti, issued);
    return { accessToken, expiresInSeconds: seconds, scope: issued.scope };
  }

  issueRefreshToken(principal: Principal, scope: string): string {
    const token = randomBytes(32).toString("base64url");
    this.refreshTokens.put(token, this.note(principal, scope, this.app.switches.numberOf("otds.refresh-lifetime-seconds")));
    return token;
  }

  /** A ticket for the `OTDSTicket` header; begins with `*OTDSSSO*` (wire/otds.md section 5). */
  issueTicket(principal: Principal): string {
    const ticket = `*OTDSSSO*${randomBytes(48).toString("base64url")}`;
    this.tickets.put(ticket, this.note(principal, "", this.app.switches.numberOf("otds.ticket-lifetime-seconds")));
    return ticket;
  }

  jwks(): { keys: object[] } {
    return this.key.jwks();
  }

  private voidAll(): void {
    const at = new Date(this.app.now()).toISOString();
    this.voided.put("tokens-and-tickets", { upTo: this.number, at });
    if (!this.app.switches.isOn("otds.expire-keeps-refresh-tokens")) this.voided.put("refresh-tokens", { upTo: this.number, at });
    this.verified.clear();
  }

  private verify(token: string): Issued | undefined {
    const claims = this.key.claimsOf(token);
    const issued = claims && this.tokens.get(claims.jti);
    if (!issued) return undefined;
    if (this.verified.size >= CACHE_LIMIT) this.verified.clear();
    this.verified.set(token, issued);
    return issued;
  }

  private alive(issued: Issued | undefined, kind: VoidedKind = "tokens-and-tickets"): issued is Issued {
    if (!issued || Date.parse(issued.expiresAt) <= this.app.now()) return false;
    return issued.number > (this.voided.get(kind)?.upTo ?? 0);
  }

  private note(principal: Principal, scope: string | undefined, seconds: number): Issued {
    this.number += 1;
    const now = this.app.now();
    return {
      user: principal.user,
      tenant: principal.tenant,
      clientId: principal.clientId,
      number: this.number,
      scope: scope || DEFAULT_SCOPE,
      issuedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + seconds * 1000).toISOString(),
    };
  }
}

function highestNumber(issued: Collection<Issued>): number {
  let highest = 0;
  for (const { number } of issued.values()) highest = Math.max(highest, number);
  return highest;
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
