import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { CmsClient } from "../../clients/cms";
import { DocbridgeError } from "../../core/errors";
import { noObject, onlyOne } from "../../runtime/business-key";
import { Explanations } from "../../runtime/cms-definitions";
import type { CssTenantNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { readObject } from "../../runtime/governed-object";
import { onClose, onInput } from "../../runtime/input";
import { heldNode } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import { Changes } from "./changes";
import { type Config, readSettings, type Settings, Wish } from "./config";
import { Deletion } from "./deletion";
import { placeHold, releaseHold } from "./hold";
import { neededDefinitions } from "./needed";
import { deletedReport, type LifecycleReport, reportOf } from "./report";
import { registerLifecycleRoutes } from "./routes";
import { setRetention, setTier } from "./terms";

/** Flow node: retention, legal holds, storage tier and deletion of objects in CMS; gives their state as `msg.lifecycle`. */
export = function register(RED: NodeAPI): void {
  registerLifecycleRoutes(RED);

  function CssLifecycle(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const cut = new AbortController();
    const settings = readSettings(RED, this, config);
    const tenant = heldNode<CssTenantNode>(RED, config.tenant, "tenant");
    const explanations = new Explanations(
      () => tenant().cms(),
      neededDefinitions({ ...settings, ...(settings.key ? { findAttribute: settings.key.attribute } : {}) }),
    );
    status.show("idle", "ready");

    const handle = async (message: NodeMessage): Promise<LifecycleReport> => {
      const cms = await tenant().cms();
      const wish = new Wish(RED, this, config, message);
      const id = await objectId(cms, settings, wish, cut.signal);
      const work = new LifecycleWork(cms, settings, wish, cut.signal);
      try {
        return await explanations.explained(() => work.carryOut(id));
      } catch (thrown) {
        // So that a Catch node sees what forbade it.
        const lifecycle = await work.status(id).catch(() => undefined);
        Object.assign(message, { lifecycle });
        throw thrown;
      }
    };

    onInput(this, async (message, send) => {
      status.show("busy", "working", { count: 1 });
      const lifecycle = await status.showing(tenant().lend(handle(message)));
      showReport(status, lifecycle);
      send(Object.assign(message, { lifecycle }));
    });
    onClose(this, async () => {
      cut.abort();
      status.clear();
    });
  }

  RED.nodes.registerType("css-lifecycle", CssLifecycle);
};

/** What the node does with one object. */
class LifecycleWork {
  constructor(
    private readonly cms: CmsClient,
    private readonly settings: Settings,
    private readonly wish: Wish,
    private readonly signal: AbortSignal,
  ) {}

  async carryOut(id: string): Promise<LifecycleReport> {
    const { operation, names, cmsType, waitMs, disposition, deletion: how } = this.settings;
    const { wish, signal } = this;
    switch (operation) {
      case "status":
        return this.status(id);
      case "retention": {
        const [policy, basis] = [wish.optional("policy"), wish.optional("basis")];
        const terms = { retainUntil: wish.retainUntil(), policy, basis, disposition };
        return reportOf(await setRetention(await this.changes(), names, id, terms), cmsType);
      }
      case "hold": {
        const hold = { matter: wish.needed("matter"), by: wish.optional("by") };
        return reportOf(await placeHold(await this.changes(), names, id, hold, { waitMs, signal }), cmsType);
      }
      case "release":
        return reportOf(await releaseHold(await this.changes(), names, id, wish.needed("matter")), cmsType);
      case "tier": {
        const tier = { tier: wish.needed("tier"), nextTierOn: wish.nextTierOn() };
        return reportOf(await setTier(await this.changes(), names, id, tier), cmsType);
      }
      case "delete":
      case "expire": {
        const by = wish.optional("by");
        const deletion = new Deletion(this.cms, cmsType, names, signal);
        const deleted = await deletion.carryOut(id, { how, by, expire: operation === "expire" });
        return deletedReport(deleted, cmsType, how, by);
      }
    }
  }

  async status(id: string): Promise<LifecycleReport> {
    const { cmsType: type, names } = this.settings;
    return reportOf(await readObject(this.cms, { type, id }, names, this.signal), type);
  }

  private async changes(): Promise<Changes> {
    const { cmsType, names } = this.settings;
    return new Changes(this.cms, cmsType, names, await this.holdAclId(), this.signal);
  }

  /** Throws `configuration` when CMS has no such ACL. */
  private async holdAclId(): Promise<string | undefined> {
    const { holdAcl } = this.settings;
    if (!holdAcl) return undefined;
    const lists = await this.cms.access.lists({ signal: this.signal });
    const found = lists.find(({ id }) => id === holdAcl) ?? lists.find(({ name }) => name === holdAcl);
    if (found) return found.id;
    throw new DocbridgeError("configuration", {
      message: `CMS has no ACL with the id or name in the field 'holdAcl' that the account can see. Correct it in the node.`,
      subject: "holdAcl",
    });
  }
}

/** The object that a message is about. Throws `not-found`, `ambiguous-key` and what templates throw. */
async function objectId(cms: CmsClient, { cmsType, key }: Settings, wish: Wish, signal: AbortSignal): Promise<string> {
  if (!key) return wish.needed("objectId");
  const found = await cms.findByAttribute("file", cmsType, key.attribute, wish.needed("findValue"), { signal });
  const object = onlyOne(found, key, ({ id }) => id);
  if (object) return object.id;
  throw noObject(key);
}

function showReport(status: StatusLine, { deleted, held, holds, retained }: LifecycleReport): void {
  if (deleted) status.show("ok", "deleted");
  else if (held) status.show("ok", "onHold", { count: holds.length });
  else status.show("ok", retained ? "underRetention" : "deletable");
}
