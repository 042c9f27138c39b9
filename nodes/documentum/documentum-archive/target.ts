import type { ArchiveTarget } from "../../core/archiving";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import type { IntentProgress } from "../../core/ledger/ledger";
import type { ArchiveSettings } from "./config";
import { NewObject } from "./new-object";
import { NewVersion } from "./new-version";
import type { Connect, Operation, Save } from "./operation";
import { Rendition } from "./rendition";
import { waitOut } from "./waiting";

/** Documentum as a target: what the node's operation does, and waiting where somebody else has to act first. */
export class DocumentumTarget implements ArchiveTarget {
  private readonly operation: Operation;

  constructor(
    client: Connect,
    private readonly settings: ArchiveSettings,
  ) {
    this.operation = new OPERATIONS[settings.operation](client, settings);
  }

  lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    return this.operation.lookUp(document, signal);
  }

  create(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    let latest = progress;
    const keep: Save = async (made) => {
      latest = made;
      await save(made);
    };
    return waitOut(
      this.settings.patience,
      progress.waitingSince,
      (waitingSince) => keep({ ...latest, waitingSince }),
      () => this.operation.perform(document, progress, keep, signal),
    );
  }

  verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<NonNullable<Receipt["verified"]>> {
    return this.operation.verify(document, receipt, signal);
  }
}

const OPERATIONS = { create: NewObject, version: NewVersion, rendition: Rendition } as const;
