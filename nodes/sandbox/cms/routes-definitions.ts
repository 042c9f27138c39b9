import type { Exchange } from "../kernel/exchange";
import { readObject } from "./body";
import type { Definitions } from "./definitions";
import { conflict, notFound } from "./errors";
import type { Instances } from "./instances";
import type { Serving } from "./serving";

/** Routes of namespaces, types, traits and access lists (wire/css.md M7). */
export class DefinitionRoutes {
  constructor(
    private readonly serving: Serving,
    private readonly definitions: Definitions,
    private readonly instances: Instances,
  ) {}

  mount(): void {
    this.addNamespaces();
    this.addTypes();
    this.addTraits();
    this.addAcls();
  }

  private addNamespaces(): void {
    const { serving, definitions } = this;
    const known = (exchange: Exchange): string => exchange.param("id");
    serving.add("POST", "/namespaces", async (exchange, { user }) => {
      serving.send(exchange, 201, definitions.createNamespace(await readObject(exchange), user));
    });
    serving.add("GET", "/namespaces", (exchange) => serving.sendRows(exchange, definitions.namespaces.values()));
    serving.add("GET", "/namespaces/:id", (exchange) => {
      const namespace = definitions.namespaces.get(known(exchange));
      if (!namespace) throw notFound(`namespace '${known(exchange)}'`);
      serving.send(exchange, 200, namespace);
    });
    for (const method of ["PUT", "PATCH"]) {
      serving.add(method, "/namespaces/:id", async (exchange, { user }) => {
        serving.send(exchange, 200, definitions.updateNamespace(known(exchange), await readObject(exchange), user));
      });
    }
    serving.add("DELETE", "/namespaces/:id", (exchange) => {
      definitions.deleteNamespace(known(exchange));
      exchange.send(204, undefined);
    });
  }

  private addTypes(): void {
    const { serving, definitions } = this;
    const path = "/type-definitions/:name";
    const name = (exchange: Exchange): string => exchange.param("name");
    serving.add("POST", path, async (exchange, { user }) => {
      serving.send(exchange, 201, definitions.createType(name(exchange), await readObject(exchange), user));
    });
    serving.add("GET", "/type-definitions", (exchange) => serving.sendRows(exchange, definitions.types.values()));
    serving.add("GET", path, (exchange) => serving.send(exchange, 200, definitions.type(name(exchange))));
    for (const method of ["PUT", "PATCH"]) {
      serving.add(method, path, async (exchange, { user }) => {
        serving.send(exchange, 200, definitions.updateType(name(exchange), await readObject(exchange), user, method === "PUT"));
      });
    }
    serving.add("DELETE", path, async (exchange) => {
      await this.deleteType(name(exchange), exchange.query.get("force-delete-all-instances") === "true");
      exchange.send(204, undefined);
    });
    serving.add("GET", `${path}/attributes`, (exchange) => serving.sendAll(exchange, definitions.type(name(exchange)).attributes));
    serving.add("GET", `${path}/attributes-all`, (exchange) => serving.sendAll(exchange, definitions.allAttributes(name(exchange))));
    serving.add("GET", `${path}/required-traits`, (exchange) => serving.sendAll(exchange, definitions.allRequiredTraits(name(exchange))));
  }

  private async deleteType(systemName: string, force: boolean): Promise<void> {
    const { store, contents } = this.instances.parts;
    const type = this.definitions.type(systemName);
    if (type.namespace === "cms") throw conflict(`'${systemName}' is a system type`);
    if (this.definitions.family(systemName).size > 1) throw conflict(`'${systemName}' has types below it`);
    const existing = store.ofType(systemName);
    if (existing.length > 0 && !force) throw conflict(`'${systemName}' has instances; use force-delete-all-instances=true`);
    for (const instance of existing) {
      store.delete(instance);
      await contents.deleteAll(instance);
    }
    this.definitions.deleteType(systemName);
  }

  private addTraits(): void {
    const { serving, definitions } = this;
    const path = "/trait-definitions/:name";
    const name = (exchange: Exchange): string => exchange.param("name");
    serving.add("POST", "/trait-definitions", async (exchange, { user }) => {
      serving.send(exchange, 201, definitions.createTrait(await readObject(exchange), user));
    });
    serving.add("GET", "/trait-definitions", (exchange) => serving.sendRows(exchange, definitions.traits.values()));
    serving.add("GET", path, (exchange) => serving.send(exchange, 200, definitions.trait(name(exchange))));
    for (const method of ["PUT", "PATCH"]) {
      serving.add(method, path, async (exchange, { user }) => {
        serving.send(exchange, 200, definitions.updateTrait(name(exchange), await readObject(exchange), user, method === "PUT"));
      });
    }
    serving.add("DELETE", path, (exchange) => {
      definitions.deleteTrait(name(exchange));
      exchange.send(204, undefined);
    });
    serving.add("GET", `${path}/attributes`, (exchange) => serving.sendAll(exchange, definitions.trait(name(exchange)).attributes));
  }

  private addAcls(): void {
    const { serving } = this;
    const { acls } = this.instances.parts.permissions;
    serving.add("GET", "/permissions", (exchange) => serving.sendRows(exchange, acls.values()));
    serving.add("GET", "/permissions/:id", (exchange) => {
      const acl = acls.get(exchange.param("id"));
      if (!acl) throw notFound(`acl '${exchange.param("id")}'`);
      serving.send(exchange, 200, acl);
    });
  }
}
