import type { SandboxApp } from "../kernel/app";
import type { ContentService } from "../kernel/content-service";
import type { Identity } from "../kernel/identity";
import { Contents } from "./contents";
import { Definitions } from "./definitions";
import { Folders } from "./folders";
import { History } from "./history";
import { InstanceStore } from "./instance-store";
import { Instances } from "./instances";
import { type DirectoryUser, Permissions } from "./permissions";
import { Presenter } from "./present";
import { Restores } from "./restores";
import { DefinitionRoutes } from "./routes-definitions";
import { FolderRoutes } from "./routes-folders";
import { InstanceRoutes } from "./routes-instances";
import { seed } from "./seed";
import { Serving } from "./serving";

/** A mounted metadata stand-in. */
export interface Cms {
  /** Makes the demo types, folders and assets, as far as they are not there. Needs a listening app. */
  seed(): Promise<void>;
}

/** Adds the metadata routes of wire/css.md section 13 (M1 to M9) under `/cms`. */
export function mountCms(app: SandboxApp, content: ContentService, identity: Identity, users: readonly DirectoryUser[]): Cms {
  app.switches.declare("cms.guard-holds", false, "Deletes and overwrites respect hold and retention traits. NOT the vendor's behaviour");
  app.switches.declare("cms.user-objects", false, "created_by, owner and the like are user objects, not names");
  const store = app.store("cms");
  const nowText = (): string => new Date(app.now()).toISOString();
  const definitions = new Definitions(store, nowText);
  const contents = new Contents(store, content, nowText);
  const permissions = new Permissions(store, users, nowText);
  const instanceStore = new InstanceStore(store);
  const instances = new Instances({
    store: instanceStore,
    restores: new Restores(store, instanceStore, app.switches, app.now),
    definitions,
    contents,
    permissions,
    history: new History(store, definitions, nowText),
    now: app.now,
    guarded: () => app.switches.isOn("cms.guard-holds"),
  });
  const folders = new Folders(instances);
  const serving = new Serving(app, identity);
  const presenter = new Presenter(
    () => serving.base(),
    contents,
    folders,
    permissions,
    () => app.switches.isOn("cms.user-objects"),
  );
  new InstanceRoutes(serving, instances, folders, presenter).mount();
  new FolderRoutes(serving, instances, folders, presenter).mount();
  new DefinitionRoutes(serving, definitions, instances).mount();
  return { seed: () => seed(instances, folders, content) };
}
