/** Somebody who works in the sandbox's Documentum beside the flows, without any code of the product. */
import type { SandboxDescription } from "../../dist/sandbox/main.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";

const JSON_TYPE = "application/vnd.emc.documentum+json";

export class Person {
  readonly name: string;
  private readonly documentum: SandboxDescription["documentum"];

  /** The account of the flows, or the other one the sandbox has. */
  constructor({ documentum }: SandboxDescription, who: "flows" | "other") {
    this.documentum = documentum;
    const other = documentum.user === "dmadmin" ? "demo" : "dmadmin";
    this.name = who === "flows" ? documentum.user : other;
  }

  /** A request below the repository; throws for any other status than a success. */
  async ask(method: string, path: string, json?: unknown): Promise<Fields> {
    const { contextUrl, repository, password } = this.documentum;
    const reply = await fetch(`${contextUrl}/repositories/${repository}${path}`, {
      method,
      headers: {
        Authorization: `Basic ${Buffer.from(`${this.name}:${password}`).toString("base64")}`,
        ...(json ? { "Content-Type": JSON_TYPE } : {}),
      },
      ...(json ? { body: JSON.stringify(json) } : {}),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path} as ${this.name}: ${reply.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }

  /** Creates a folder in a cabinet and gives its id. */
  async folder(cabinet: string, name: string, type = "dm_folder", properties: Fields = {}): Promise<string> {
    const entries = (await this.ask("GET", "/cabinets")).entries as { id: string; title: string }[];
    const id = entries
      .find(({ title }) => title === cabinet)
      ?.id.split("/")
      .at(-1);
    const made = await this.ask("POST", `/folders/${id}/folders`, {
      properties: { object_name: name, r_object_type: type, ...properties },
    });
    return String((made.properties as Fields).r_object_id);
  }
}
