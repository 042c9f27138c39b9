import type { NodeAPI } from "node-red";
import { registerChoices } from "../../runtime/choices";
import { CONNECTION_CREDENTIALS, type ConnectionSecrets } from "../../runtime/connection-options";
import { registerConnectionTest } from "../../runtime/connection-test";
import { type CssTenantNode, Kept, TYPE_KEPT_MS } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { onClose } from "../../runtime/input";
import { Loans, RETURN_MS } from "../../runtime/loans";
import { tenantChoices } from "./choices";
import { type Clients, type Config, close, connect, probe } from "./connect";

/** Config node: a connection to one tenant of CSS and CMS, or to the built-in sandbox. */
export = function register(RED: NodeAPI): void {
  registerConnectionTest<Config>(RED, "css-tenant", async (node, config) => {
    const clients = await connect(RED, node, config);
    return probe(clients).finally(() => close(clients));
  });

  registerChoices(RED, "css-tenant", "tenant", tenantChoices);

  function CssTenant(this: CssTenantNode, stored: Config): void {
    const config = createNode(RED, this, stored);
    this.apiVersion = config.apiVersion;
    let clients: Promise<Clients> | undefined;

    const connected = (): Promise<Clients> => {
      clients ??= connect(RED, this, config);
      return clients;
    };
    this.css = async () => (await connected()).css;
    this.cms = async () => (await connected()).cms;
    const types = new Kept(TYPE_KEPT_MS, async (name) => (await this.cms()).getTypeDefinition(name));
    this.targetType = (name) => types.get(name);
    this.typeNames = async () => (await this.cms()).listTypes();
    const loans = new Loans();
    this.lend = (work) => loans.lend(work);
    onClose(this, async () => {
      await loans.returned(RETURN_MS);
      const open = await clients?.catch(() => undefined);
      if (open) close(open);
    });
  }

  RED.nodes.registerType<CssTenantNode, Config, object, ConnectionSecrets>("css-tenant", CssTenant, {
    credentials: CONNECTION_CREDENTIALS,
  });
};
