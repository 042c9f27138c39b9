/** Somebody who works in the sandbox's CMS beside the flows, with an account of their own and without any code of the product. */
import type { SandboxDescription } from "../../dist/sandbox/main.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";

export class CmsPerson {
  private readonly sandbox: SandboxDescription;
  private token: Promise<string> | undefined;

  constructor(sandbox: SandboxDescription) {
    this.sandbox = sandbox;
  }

  get name(): string {
    return this.sandbox.otds.user;
  }

  /** A request below CMS; throws for any other status than a success. */
  async ask(method: string, path: string, json?: unknown): Promise<Fields> {
    this.token ??= this.signIn();
    const reply = await fetch(this.sandbox.cms.baseUrl + path, {
      method,
      headers: { Authorization: `Bearer ${await this.token}`, ...(json ? { "Content-Type": "application/json" } : {}) },
      ...(json ? { body: JSON.stringify(json) } : {}),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path} as ${this.name}: ${reply.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }

  statement(id: string, what = ""): string {
    return `/instances/file/def_statement/${id}${what}`;
  }

  private async signIn(): Promise<string> {
    const { tokenUrl, clientId, clientSecret, user, password } = this.sandbox.otds;
    const account = { grant_type: "password", client_id: clientId, client_secret: clientSecret, username: user, password };
    const reply = await fetch(tokenUrl, { method: "POST", body: new URLSearchParams(account) });
    return ((await reply.json()) as { access_token: string }).access_token;
  }
}
