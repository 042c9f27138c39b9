import type { SandboxApp } from "../kernel/app";
import type { Exchange } from "../kernel/exchange";
import type { Principal } from "../kernel/identity";
import type { Otds } from "./otds";

/** A refused token or ticket request, in the shape of wire/otds.md section 6. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    description: string,
  ) {
    super(description);
  }
}

/** Token endpoints that take JSON or a form (T1), and those documented with a form only (T2). */
const JSON_OR_FORM_PATHS = ["/tenants/:tenant/oauth2/token"];
const FORM_PATHS = [
  "/otdstenant/:tenant/oauth2/token",
  "/otdsws/otdstenant/:tenant/oauth2/token",
  "/otds/otdstenant/:tenant/otdsws/login",
  "/otdsws/oauth2/token",
  "/otdsws/login",
];
const TICKET_PATHS = [
  "/otdstenant/:tenant/otdsws/rest/authentication/credentials",
  "/otdsws/rest/authentication/credentials",
  "/:tenant/otdsws/rest/authentication/credentials",
];

/** Adds the routes T1 to T7 of wire/otds.md section 8. */
export function mountOtds(app: SandboxApp, otds: Otds): void {
  app.failWith("otds", (exchange, status, text) => {
    exchange.json(status, { error: status < 500 ? "invalid_request" : "temporarily_unavailable", error_description: text });
  });
  for (const path of JSON_OR_FORM_PATHS) app.route("otds", "POST", path, answering(tokenHandler(app, otds, true)));
  for (const path of FORM_PATHS) app.route("otds", "POST", path, answering(tokenHandler(app, otds, false)));
  for (const path of TICKET_PATHS) app.route("otds", "POST", path, answering(ticketHandler(otds)));
  app.route("otds", "GET", "/tenants/:tenant/.well-known/openid-configuration", answering(discoveryHandler(app, otds)));
  app.route("otds", "GET", "/oauth2/jwks", (exchange) => exchange.json(200, otds.jwks()));
}

function answering(handler: (exchange: Exchange) => Promise<void> | void) {
  return async (exchange: Exchange): Promise<void> => {
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      exchange.json(error.status, { error: error.error, error_description: error.message });
    }
  };
}

function tokenHandler(app: SandboxApp, otds: Otds, takesJson: boolean) {
  return async (exchange: Exchange): Promise<void> => {
    checkTenant(otds, exchange);
    const fields = await readFields(exchange, takesJson);
    const client = authenticateClient(otds, exchange, fields);
    const principal = principalOf(otds, fields, client);
    const grant = otds.issueToken(principal, fields.scope ?? principal.scope, `${app.origin}/tenants/${otds.directory.tenant}`);
    const refreshToken = refreshTokenFor(otds, fields, principal, grant.scope);
    const asString = app.switches.isOn("otds.string-expires-in");
    exchange.json(
      200,
      {
        access_token: grant.accessToken,
        token_type: "Bearer",
        expires_in: asString ? String(grant.expiresInSeconds) : grant.expiresInSeconds,
        scope: grant.scope,
        ...(refreshToken ? { refresh_token: refreshToken } : {}),
      },
      { "Cache-Control": "no-store" },
    );
  };
}

async function readFields(exchange: Exchange, takesJson: boolean): Promise<Record<string, string>> {
  const form = exchange.mediaType === "application/x-www-form-urlencoded";
  if (!form && !(takesJson && exchange.mediaType === "application/json")) {
    throw new Refusal(
      400,
      "invalid_request",
      `Content-Type must be ${takesJson ? "application/json or " : ""}application/x-www-form-urlencoded`,
    );
  }
  try {
    return await exchange.fields();
  } catch {
    throw new Refusal(400, "invalid_request", "The request body cannot be read");
  }
}

/** The client in the body or in `Authorization: Basic` (wire/otds.md section 3). */
function authenticateClient(otds: Otds, exchange: Exchange, fields: Record<string, string>): Principal {
  const basic = exchange.basic;
  const client = otds.byClient(basic?.user ?? fields.client_id, basic?.password ?? fields.client_secret);
  if (!client) throw new Refusal(401, "invalid_client", "Client authentication failed");
  return client;
}

function principalOf(otds: Otds, fields: Record<string, string>, client: Principal): Principal & { scope?: string } {
  const clientId = client.clientId as string;
  switch (fields.grant_type) {
    case "client_credentials":
      return client;
    case "password": {
      const user = otds.byPassword(fields.username ?? "", fields.password ?? "");
      if (!user) throw new Refusal(401, "invalid_grant", "User name or password is not correct");
      return { ...user, clientId };
    }
    case "refresh_token": {
      const issued = otds.byRefreshToken(fields.refresh_token, clientId);
      if (!issued) throw new Refusal(400, "invalid_grant", "The refresh token is not valid or has expired");
      return issued;
    }
    case undefined:
      throw new Refusal(400, "invalid_request", "grant_type is missing");
    default:
      throw new Refusal(400, "unsupported_grant_type", "Offered are client_credentials, password and refresh_token");
  }
}

/** Never one for `client_credentials` (wire/otds.md section 3); a refresh token that was used stays good. */
function refreshTokenFor(otds: Otds, fields: Record<string, string>, principal: Principal, scope: string): string | undefined {
  if (fields.grant_type === "refresh_token") return fields.refresh_token;
  return fields.grant_type === "password" ? otds.issueRefreshToken(principal, scope) : undefined;
}

function ticketHandler(otds: Otds) {
  return async (exchange: Exchange): Promise<void> => {
    checkTenant(otds, exchange);
    let body: { userName?: unknown; password?: unknown };
    try {
      body = (await exchange.bodyJson()) as typeof body;
    } catch {
      throw new Refusal(400, "invalid_request", "The request body is not JSON");
    }
    const user = otds.byPassword(String(body?.userName ?? ""), String(body?.password ?? ""));
    if (!user) throw new Refusal(401, "invalid_grant", "User name or password is not correct");
    exchange.json(200, {
      token: null,
      userId: `${user.user}@${otds.directory.partition}`,
      ticket: otds.issueTicket(user),
      resourceID: null,
      failureReason: null,
      passwordExpirationTime: 0,
      continuation: false,
      continuationContext: null,
      continuationData: null,
    });
  };
}

function discoveryHandler(app: SandboxApp, otds: Otds) {
  return (exchange: Exchange): void => {
    checkTenant(otds, exchange);
    const issuer = `${app.origin}/tenants/${otds.directory.tenant}`;
    exchange.json(200, {
      issuer,
      token_endpoint: `${issuer}/oauth2/token`,
      jwks_uri: `${app.origin}/oauth2/jwks`,
      grant_types_supported: ["client_credentials", "password", "refresh_token"],
      token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
      response_types_supported: ["token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
    });
  };
}

function checkTenant(otds: Otds, exchange: Exchange): void {
  if (exchange.params.tenant === undefined || exchange.param("tenant") === otds.directory.tenant) return;
  // What the vendor answers to an unknown tenant is [UNKNOWN]; 400 is ours.
  throw new Refusal(400, "invalid_request", "There is no such tenant");
}
