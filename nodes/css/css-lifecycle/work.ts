import type { CmsClient } from "../../clients/cms/cms";
import { DocbridgeError } from "../../core/errors";
import { type GovernedObject, readObject } from "../../runtime/governed-object";
import { Changes } from "./changes";
import type { Operation, Settings, Wish } from "./config";
import { Deletion } from "./deletion";
import { type DestructionCertificate, Disposition, type DispositionParts, type ScheduledDisposition } from "./disposition";
import { placeHold, releaseHold } from "./hold";
import { deletedReport, type LifecycleReport, reportOf } from "./report";
import { setRetention, setTier } from "./terms";

/** What goes into the message. */
export interface Outcome {
  lifecycle?: LifecycleReport;
  disposition?: ScheduledDisposition;
  certificate?: DestructionCertificate;
}

/** What the node does with one object. */
export class LifecycleWork {
  constructor(
    private readonly cms: CmsClient,
    /** Where dispositions are kept; throws `configuration` when there is none. */
    private readonly dispositions: () => Promise<Pick<DispositionParts, "bookmarks" | "owner">>,
    private readonly settings: Settings,
    private readonly wish: Wish,
    private readonly signal: AbortSignal,
  ) {}

  async carryOut(id: string): Promise<Outcome> {
    const { wish } = this;
    const { operation } = this.settings;
    switch (operation) {
      case "schedule": {
        const disposition = await (await this.disposition()).schedule(id, wish.needed("person"));
        return { disposition, lifecycle: await this.status(id) };
      }
      case "dispose":
        return { certificate: await (await this.disposition()).approve(id, wish.needed("person")) };
      default:
        return { lifecycle: await this.changed(operation, id) };
    }
  }

  private async changed(operation: Exclude<Operation, "schedule" | "dispose">, id: string): Promise<LifecycleReport> {
    const { names, waitMs, disposition, deletion: how } = this.settings;
    const { wish, signal } = this;
    switch (operation) {
      case "status":
      case "recall":
        return this.status(id);
      case "retention": {
        const [policy, basis] = [wish.optional("policy"), wish.optional("basis")];
        const terms = { retainUntil: wish.retainUntil(), policy, basis, disposition };
        return reportOf(await setRetention(await this.changes(), names, id, terms), this.settings);
      }
      case "hold": {
        const hold = { matter: wish.needed("matter"), by: wish.optional("by") };
        return reportOf(await placeHold(await this.changes(), names, id, hold, { waitMs, signal }), this.settings);
      }
      case "release":
        return reportOf(await releaseHold(await this.changes(), names, id, wish.needed("matter")), this.settings);
      case "tier": {
        const tier = { tier: wish.needed("tier"), nextTierOn: wish.nextTierOn() };
        return reportOf(await setTier(await this.changes(), names, id, tier), this.settings);
      }
      case "delete":
      case "expire": {
        const by = wish.optional("by");
        const deleted = await this.deletion().carryOut(id, { how, by, expire: operation === "expire" });
        return deletedReport(deleted, this.settings, how, by);
      }
    }
  }

  private deletion(): Deletion {
    const { cmsType, names } = this.settings;
    return new Deletion(this.cms, cmsType, names, this.signal);
  }

  private async disposition(): Promise<Disposition> {
    const kept = await this.dispositions();
    return new Disposition({ ...kept, settings: this.settings, read: (id) => this.read(id), deletion: this.deletion() });
  }

  async status(id: string): Promise<LifecycleReport> {
    return reportOf(await this.read(id), this.settings);
  }

  private read(id: string): Promise<GovernedObject> {
    const { cmsType: type, names } = this.settings;
    return readObject(this.cms, { type, id }, names, this.signal);
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
