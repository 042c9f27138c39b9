import type { Exchange } from "../kernel/exchange";
import type { Principal } from "../kernel/identity";
import { readObject } from "./body";
import { textOf } from "./definitions";
import { invalid, notFound } from "./errors";
import type { Folders } from "./folders";
import type { Instances } from "./instances";
import type { Instance } from "./model";
import type { Presenter } from "./present";
import { selectPage } from "./query";
import { isTrue, pathTypeOf } from "./routes-instances";
import type { Serving } from "./serving";

const ONE = "/instances/:category/:type/:id";

/** Routes of folders, places and the recycle bin (wire/css.md M4, M5). */
export class FolderRoutes {
  constructor(
    private readonly serving: Serving,
    private readonly instances: Instances,
    private readonly folders: Folders,
    private readonly presenter: Presenter,
  ) {}

  mount(): void {
    this.addPlaces();
    this.addRecycleBin();
  }

  private addPlaces(): void {
    const { serving, folders, presenter } = this;
    serving.add("GET", `${ONE}/parent`, (exchange, principal) => {
      serving.send(exchange, 200, presenter.instance(folders.parentOf(this.instanceOf(exchange, principal))));
    });
    serving.add("PUT", `${ONE}/parent`, async (exchange, principal) => {
      const folder = textOf(await readObject(exchange), "id", true);
      serving.send(exchange, 200, presenter.instance(folders.move(this.instanceOf(exchange, principal), folder, principal)));
    });
    serving.add("POST", `${ONE}/copy`, async (exchange, principal) => {
      const folder = textOf(await readObject(exchange), "id", true);
      const copied = folders.copy(this.instanceOf(exchange, principal), folder, principal, isTrue(exchange, "recursive"));
      serving.send(exchange, 201, presenter.instance(copied));
    });
    serving.add("POST", `${ONE}/linked-parents`, async (exchange, principal) => {
      const href = textOf(await readObject(exchange), "href", true);
      const folder = /([^/?#]+)\/?$/.exec(href)?.[1] ?? "";
      serving.send(exchange, 200, presenter.instance(folders.link(this.instanceOf(exchange, principal), folder, principal)));
    });
    serving.add("DELETE", `${ONE}/linked-parents/:folder`, (exchange, principal) => {
      folders.unlink(this.instanceOf(exchange, principal), exchange.param("folder"), principal);
      exchange.send(204, undefined);
    });
    serving.add("GET", `${ONE}/items`, (exchange, principal) => {
      const folder = this.instanceOf(exchange, principal);
      if (folder.category !== "folder") throw invalid(`'${folder.id}' is not a folder`);
      const query = serving.readQuery(exchange);
      const page = selectPage(folders.items(folder), query, (row, field) => presenter.fieldOf(row, field));
      serving.sendPage(exchange, query, page, (row) => presenter.instance(row));
    });
  }

  private addRecycleBin(): void {
    const { serving, instances, folders, presenter } = this;
    serving.add("PUT", `${ONE}/delete`, (exchange, principal) => {
      const instance = this.instanceOf(exchange, principal);
      if (isTrue(exchange, "all-version")) instances.softDelete(instances.versions(instance), principal);
      else folders.softDelete(instance, principal, isTrue(exchange, "recursive"));
      exchange.send(204, undefined);
    });
    serving.add("GET", "/deleted", (exchange) => {
      const query = serving.readQuery(exchange);
      const page = selectPage(instances.parts.store.deleted(), query, (row, field) => presenter.fieldOf(row, field));
      serving.sendPage(exchange, query, page, (row) => presenter.instance(row));
    });
    serving.add("PUT", "/deleted/:id/restore", (exchange, principal) => {
      const wanted = this.deletedOf(exchange);
      const restored = instances.restore(wanted, principal);
      const inBin = instances.parts.store.deleted();
      if (isTrue(exchange, "all-version")) {
        for (const one of inBin) if (one.series === wanted.series) instances.restore(one, principal);
      }
      if (isTrue(exchange, "recursive")) this.restoreBelow(wanted, principal);
      serving.send(exchange, 200, presenter.instance(instances.parts.store.get(restored.id) ?? restored));
    });
  }

  private restoreBelow(folder: Instance, principal: Principal): void {
    for (const one of this.instances.parts.store.deleted()) {
      if (one.parent_folder_id !== folder.id) continue;
      this.instances.restore(one, principal);
      this.restoreBelow(one, principal);
    }
  }

  private deletedOf(exchange: Exchange): Instance {
    const id = exchange.param("id");
    const instance = this.instances.parts.store.getDeleted(id);
    if (!instance) throw notFound(`instance '${id}' in the recycle bin`);
    return instance;
  }

  private instanceOf(exchange: Exchange, principal: Principal): Instance {
    return this.instances.get(pathTypeOf(exchange), exchange.param("id"), principal);
  }
}
