import type { IncomingHttpHeaders } from "node:http";
import type { AuthHeaders, CredentialSource } from "../otds";

const TOKEN_NAME = "DOCUMENTUM-CLIENT-TOKEN";
const CSRF_NAME_HEADER = "documentum-csrf-header-name";

/**
 * Client-token mode (wire/documentum.md 10.4): the server answers credentials with a token in a cookie, or in a header
 * the site has named, and takes it in their place until it ends. The CSRF token it gives along is echoed on every call;
 * only POST, PUT and DELETE need it.
 */
export class ClientTokenSource implements CredentialSource {
  readonly #own: CredentialSource;
  readonly #tokenHeader: string | undefined;
  #token: string | undefined;
  #csrf: AuthHeaders = {};

  constructor(own: CredentialSource, tokenHeader?: string) {
    this.#own = own;
    this.#tokenHeader = tokenHeader;
  }

  async headers(signal?: AbortSignal): Promise<AuthHeaders> {
    const proof = this.#proof() ?? (await this.#own.headers(signal));
    return { ...proof, ...this.#csrf };
  }

  invalidate(used: AuthHeaders): boolean {
    const proof = this.#proof();
    if (Object.keys(used).some((name) => name === "Cookie" || name === this.#tokenHeader)) {
      if (proof && Object.entries(proof).every(([name, value]) => used[name] === value)) {
        this.#token = undefined;
        this.#csrf = {};
      }
      return true;
    }
    return this.#own.invalidate(used);
  }

  /** Takes token and CSRF token from the headers of a reply. */
  observe(headers: IncomingHttpHeaders): void {
    const fresh = this.#tokenHeader ? headers[this.#tokenHeader.toLowerCase()] : tokenCookie(headers["set-cookie"]);
    if (typeof fresh === "string") this.#token = fresh === "" ? undefined : fresh;
    const csrfName = headers[CSRF_NAME_HEADER];
    if (typeof csrfName !== "string") return;
    const csrf = headers[csrfName.toLowerCase()];
    if (typeof csrf === "string") this.#csrf = { [csrfName]: csrf };
  }

  #proof(): AuthHeaders | undefined {
    if (this.#token === undefined) return undefined;
    return this.#tokenHeader ? { [this.#tokenHeader]: this.#token } : { Cookie: `${TOKEN_NAME}=${this.#token}` };
  }
}

/** The cookie's value; an empty one means the token is not valid any more. */
function tokenCookie(cookies: string[] | undefined): string | undefined {
  const cookie = cookies?.find((candidate) => candidate.startsWith(`${TOKEN_NAME}=`));
  return cookie?.slice(TOKEN_NAME.length + 1).split(";")[0];
}
