import type { NodeAPI } from "node-red";
import { DocumentumClient } from "../../clients/documentum";
import { builtinSandbox } from "../../runtime/builtin-sandbox";
import {
  CONNECTION_CREDENTIALS,
  type ConnectionConfig,
  type ConnectionSecrets,
  connectionOptions,
  required,
} from "../../runtime/connection-options";
import { type DocumentumRepositoryNode, Kept, TYPE_KEPT_MS } from "../../runtime/connections";
import { onClose } from "../../runtime/input";
import { Loans, RETURN_MS } from "../../runtime/loans";
import { flag, number, text } from "../../runtime/settings";

interface Config extends ConnectionConfig {
  contextUrl: string;
  repository: string;
  mediaUrlPolicy: "local" | "dc-pref" | "dc-only";
  /** May archiving create a cabinet that is missing? Folders below it are created in any case. */
  createCabinets: boolean;
}

/** Config node: a connection to one repository of Documentum REST Services, or to the built-in sandbox. */
export = function register(RED: NodeAPI): void {
  function DocumentumRepository(this: DocumentumRepositoryNode, config: Config): void {
    RED.nodes.createNode(this, config);
    let client: Promise<DocumentumClient> | undefined;

    const connect = async (): Promise<DocumentumClient> => {
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
        ...connectionOptions(RED, this, config),
        contextUrl: required(text(RED, this, config.contextUrl), "contextUrl"),
        repository: required(text(RED, this, config.repository), "repository"),
        mediaUrlPolicy,
        createCabinets,
      });
    };

    this.client = () => {
      client ??= connect();
      return client;
    };
    const types = new Kept(TYPE_KEPT_MS, async (name) => (await this.client()).getType(name));
    this.targetType = (name) => types.get(name);
    this.typeNames = async () => (await this.client()).listTypes();
    const loans = new Loans();
    this.lend = (work) => loans.lend(work);
    onClose(this, async () => {
      await loans.returned(RETURN_MS);
      (await client?.catch(() => undefined))?.close();
    });
  }

  RED.nodes.registerType<DocumentumRepositoryNode, Config, object, ConnectionSecrets>("documentum-repository", DocumentumRepository, {
    credentials: CONNECTION_CREDENTIALS,
  });
};
