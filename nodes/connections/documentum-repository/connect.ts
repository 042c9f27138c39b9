import type { NodeAPI } from "node-red";
import { DocumentumClient } from "../../clients/documentum/documentum";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import { type ConnectionConfig, type ConnectionOwner, connectionOptions, required } from "../../runtime/connection-options";
import { flag, number, text } from "../../runtime/settings";

export interface Config extends ConnectionConfig {
  contextUrl: string;
  repository: string;
  mediaUrlPolicy: "local" | "dc-pref" | "dc-only";
  /** May archiving create a cabinet that is missing? Folders below it are created in any case. */
  createCabinets: boolean;
}

/** A client for what the dialog says. Throws `configuration`. */
export async function connect(RED: NodeAPI, node: ConnectionOwner, config: Config): Promise<DocumentumClient> {
  const { mediaUrlPolicy } = config;
  const createCabinets = flag(config.createCabinets, false);
  if (flag(config.sandbox, true)) {
    const { contextUrl, repository, user, password } = (await builtinSandbox(RED)).documentum;
    const maxConcurrent = Math.max(1, number(config.parallel, "parallel", 8));
    return new DocumentumClient({
      contextUrl,
      repository,
      credentials: { kind: "basic", user, password },
      mediaUrlPolicy,
      createCabinets,
      maxConcurrent,
    });
  }
  return new DocumentumClient({
    ...connectionOptions(RED, node, config),
    contextUrl: required(text(RED, node, config.contextUrl), "contextUrl"),
    repository: required(text(RED, node, config.repository), "repository"),
    mediaUrlPolicy,
    createCabinets,
  });
}

/** Proves address, sign-in, repository and the right to read. Returns what the server says it is. Throws DocbridgeError. */
export async function probe(client: DocumentumClient): Promise<string> {
  const { major, version } = await client.check();
  await client.listTypes();
  return `Documentum REST Services ${version ?? major}`;
}
