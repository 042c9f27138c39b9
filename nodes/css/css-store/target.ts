import type { ArchiveTarget } from "../../core/archiving";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import type { IntentProgress } from "../../core/ledger/ledger";
import { Explanations } from "../../runtime/cms-definitions";
import type { CssTenantNode } from "../../runtime/connections";
import type { Stores } from "../../runtime/ledger-service";
import { waitOut } from "../../runtime/waiting";
import { Bytes } from "./bytes";
import type { StoreSettings } from "./config";
import { Evidence } from "./evidence";
import { neededDefinitions } from "./needed";
import { NewObject } from "./new-object";
import { NewVersion } from "./new-version";
import type { Operation, Save, Verified } from "./operation";
import { AddedRendition } from "./rendition";
import { VariantSet } from "./variant-set";

/** CSS and CMS as a target: what the node's operation does, and waiting where somebody else has to act first. */
export class CssTarget implements ArchiveTarget {
  private readonly bytes: Bytes;
  private readonly operation: Operation;
  private readonly explanations: Explanations;

  constructor(
    tenant: () => CssTenantNode,
    private readonly settings: StoreSettings,
    storesOf: (document: DocbridgeDocument) => Promise<Stores>,
  ) {
    const cms = () => tenant().cms();
    this.bytes = new Bytes(tenant, settings.verify);
    this.explanations = new Explanations(cms, neededDefinitions(settings));
    switch (settings.operation) {
      case "store":
        this.operation = new NewObject(cms, this.bytes, settings);
        break;
      case "version":
        this.operation = new NewVersion(cms, this.bytes, settings, (name) => tenant().targetType(name));
        break;
      case "rendition":
        this.operation = new AddedRendition(cms, this.bytes, settings);
        break;
      case "evidence":
        this.operation = new Evidence(cms, this.bytes, settings);
        break;
      case "set":
        this.operation = new VariantSet(cms, this.bytes, settings, (name) => tenant().targetType(name), storesOf);
    }
  }

  lookUp(document: DocbridgeDocument, signal: AbortSignal, progress: IntentProgress): Promise<Receipt | undefined> {
    return this.explanations.explained(() => this.operation.lookUp(document, signal, progress));
  }

  create(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    return waitOut(this.settings.patience, progress, save, (keep) =>
      this.explanations.explained(() => this.operation.perform(document, progress, keep, signal)),
    );
  }

  verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<Verified> {
    return this.bytes.verify(document, receipt, signal);
  }

  /** What is pending although the node has another operation now was given up by whoever changed the node. */
  async complete(document: DocbridgeDocument, receipt: Receipt, _save: unknown, signal: AbortSignal): Promise<Receipt> {
    await this.explanations.explained(async () => this.operation.complete?.(document, receipt, signal));
    const { pending, ...whole } = receipt;
    return whole;
  }
}
