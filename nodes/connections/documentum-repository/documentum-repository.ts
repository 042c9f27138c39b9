import type { NodeAPI } from "node-red";
import type { DocumentumClient } from "../../clients/documentum/documentum";
import { registerChoices } from "../../runtime/choices";
import { CONNECTION_CREDENTIALS, type ConnectionSecrets } from "../../runtime/connection-options";
import { registerConnectionTest } from "../../runtime/connection-test";
import { type DocumentumRepositoryNode, Kept, TYPE_KEPT_MS } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { onClose } from "../../runtime/input";
import { Loans, RETURN_MS } from "../../runtime/loans";
import { repositoryChoices } from "./choices";
import { type Config, connect, probe } from "./connect";

/** Config node: a connection to one repository of Documentum REST Services, or to the built-in sandbox. */
export = function register(RED: NodeAPI): void {
  registerConnectionTest<Config>(RED, "documentum-repository", async (node, config) => {
    const client = await connect(RED, node, config);
    return probe(client).finally(() => client.close());
  });

  registerChoices(RED, "documentum-repository", "repository", repositoryChoices);

  function DocumentumRepository(this: DocumentumRepositoryNode, stored: Config): void {
    const config = createNode(RED, this, stored);
    let client: Promise<DocumentumClient> | undefined;

    this.client = () => {
      client ??= connect(RED, this, config);
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
