import type { Exchange } from "../kernel/exchange";
import type { Principal } from "../kernel/identity";
import { readInstance, readObject } from "./body";
import { textOf } from "./definitions";
import { notFound } from "./errors";
import type { Folders } from "./folders";
import type { Instances, PathType } from "./instances";
import { type Instance, SYSTEM_FIELDS } from "./model";
import type { Presenter } from "./present";
import { checkFields, selectPage } from "./query";
import type { Serving } from "./serving";

const ALL = "/instances/:category/:type";
const ONE = `${ALL}/:id`;

/** Routes of single instances and lists of them (wire/css.md M1 to M4, M6). */
export class InstanceRoutes {
  constructor(
    private readonly serving: Serving,
    private readonly instances: Instances,
    private readonly folders: Folders,
    private readonly presenter: Presenter,
  ) {}

  mount(): void {
    this.addBasics();
    this.addVersions();
    this.addContents();
    this.addAccess();
  }

  /** Adds a route of one instance that the caller may see. */
  private one(
    method: string,
    path: string,
    handler: (exchange: Exchange, instance: Instance, principal: Principal) => Promise<void> | void,
  ): void {
    this.serving.add(method, ONE + path, (exchange, principal) =>
      handler(exchange, this.instances.get(pathTypeOf(exchange), exchange.param("id"), principal), principal),
    );
  }

  private addBasics(): void {
    const { serving, instances, presenter } = this;
    serving.add("POST", ALL, async (exchange, principal) => {
      const draft = await readInstance(exchange, instances.parts.contents);
      this.sendInstance(exchange, 201, instances.create(pathTypeOf(exchange), draft, principal));
    });
    serving.add("GET", ALL, (exchange) => {
      const path = pathTypeOf(exchange);
      const types = instances.typesUnder(path);
      const query = serving.readQuery(exchange);
      const properties = instances.parts.definitions.allAttributes(path.type).map(({ name }) => name);
      checkFields(query, new Set([...SYSTEM_FIELDS, ...properties]));
      const rows = instances.parts.store.candidates(types, query.filter);
      const page = selectPage(rows, query, (row, field) => presenter.fieldOf(row, field));
      serving.sendPage(exchange, query, page, (row) => presenter.instance(row));
    });
    serving.add("GET", "/instances/folder/cms_folder/subscription-root", (exchange) => {
      const root = this.folders.root();
      if (!root) throw notFound("the root folder");
      this.sendInstance(exchange, 200, root);
    });
    this.one("GET", "", (exchange, instance) => this.sendInstance(exchange, 200, instance));
    for (const method of ["PUT", "PATCH"]) {
      this.one(method, "", async (exchange, instance, principal) => {
        const draft = await readInstance(exchange, instances.parts.contents);
        // Read anew: another request may have changed it while the body came in.
        const current = instances.get(pathTypeOf(exchange), instance.id, principal);
        this.sendInstance(exchange, 200, instances.update(current, draft, principal, method === "PUT"));
      });
    }
    this.one("DELETE", "", async (exchange, instance, principal) => {
      await this.folders.delete(instance, principal, isTrue(exchange, "recursive"));
      exchange.send(204, undefined);
    });
    this.one("GET", "/history", (exchange, instance) => {
      serving.sendRows(exchange, instances.parts.history.of(instance.id), (row) => presenter.history(row));
    });
  }

  private addVersions(): void {
    const { serving, instances, presenter } = this;
    this.one("POST", "/nextVersion", async (exchange, instance, principal) => {
      const draft = await readInstance(exchange, instances.parts.contents);
      const current = instances.get(pathTypeOf(exchange), instance.id, principal);
      this.sendInstance(exchange, 201, instances.nextVersion(current, draft, principal));
    });
    this.one("GET", "/versions", (exchange, instance) => {
      serving.sendRows(exchange, instances.versions(instance), (row) => presenter.version(row));
    });
    this.one("DELETE", "/all", async (exchange, instance, principal) => {
      await instances.delete(instances.versions(instance), principal);
      exchange.send(204, undefined);
    });
    this.one("PUT", "/lock", (exchange, instance, principal) => this.sendInstance(exchange, 200, instances.lock(instance, principal)));
    this.one("DELETE", "/lock", (exchange, instance, principal) => this.sendInstance(exchange, 200, instances.unlock(instance, principal)));
  }

  private addContents(): void {
    const { serving, instances, presenter } = this;
    const { contents, permissions } = instances.parts;
    this.one("GET", "/contents", (exchange, instance, principal) => {
      permissions.require(instance, principal, "read_content");
      serving.sendRows(exchange, contents.of(instance.id), (row) => presenter.content(instance, row));
    });
    this.one("POST", "/contents", async (exchange, { id }, principal) => {
      const draft = contents.readOne(await readObject(exchange));
      const instance = instances.get(pathTypeOf(exchange), id, principal);
      instances.allowChange(instance, principal, "modify");
      const content = contents.add(instance, draft, principal.user);
      instances.note(instance, "add_content", principal, { content: content.id });
      serving.send(exchange, 201, presenter.content(instance, content));
    });
    this.one("DELETE", "/contents/:content", async (exchange, instance, principal) => {
      instances.allowChange(instance, principal, "delete_content");
      instances.checkGuard(instance);
      await contents.delete(instance, exchange.param("content"));
      instances.note(instance, "delete_content", principal, { content: exchange.param("content") });
      exchange.send(204, undefined);
    });
  }

  private addAccess(): void {
    const { serving, instances } = this;
    const { permissions, store } = instances.parts;
    this.one("GET", "/acl", (exchange, instance) => serving.send(exchange, 200, permissions.acl(instance.acl_id)));
    this.one("PUT", "/acl", async (exchange, { id }, principal) => {
      const aclId = textOf(await readObject(exchange), "id", true);
      const instance = instances.get(pathTypeOf(exchange), id, principal);
      const changed = instances.changeAcl(instance, aclId, principal);
      if (instance.category === "folder" && isTrue(exchange, "recursive")) {
        const below = (folder: Instance): Instance[] =>
          store.byValue("parent_folder_id", folder.id).flatMap((child) => [child, ...below(child)]);
        for (const child of below(instance)) instances.changeAcl(child, aclId, principal);
      }
      serving.send(exchange, 200, permissions.acl(changed.acl_id));
    });
    this.one("GET", "/permissions", (exchange, instance, principal) => {
      serving.send(exchange, 200, { permissions: permissions.granted(instance.acl_id, principal) });
    });
  }

  private sendInstance(exchange: Exchange, status: number, instance: Instance): void {
    this.serving.send(exchange, status, this.presenter.instance(instance));
  }
}

export function pathTypeOf(exchange: Exchange): PathType {
  return { category: exchange.param("category"), type: exchange.param("type") };
}

/** A flag in the query: `?recursive` and `?recursive=true` mean yes. */
export function isTrue(exchange: Exchange, name: string): boolean {
  const value = exchange.query.get(name);
  return value !== null && value !== "false";
}
