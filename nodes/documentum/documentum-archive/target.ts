import type { ArchiveTarget } from "../../core/archiving";
import { demandDeclaredType } from "../../core/content/signature";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import type { IntentProgress } from "../../core/ledger/ledger";
import { waitOut } from "../../runtime/waiting";
import { AclStep } from "./acl";
import { Annotation } from "./annotation";
import { CaseLink } from "./case-link";
import type { ArchiveSettings } from "./config";
import { NewObject } from "./new-object";
import { NewVersion } from "./new-version";
import type { Connect, Operation, Save, Step } from "./operation";
import { Rendition } from "./rendition";
import { RetentionStep } from "./retention";

/**
 * Documentum as a target: what the node's operation does, the steps after it, and waiting where somebody else has to act
 * first.
 */
export class DocumentumTarget implements ArchiveTarget {
  private readonly operation: Operation;
  private readonly steps: Step[];

  constructor(
    client: Connect,
    private readonly settings: ArchiveSettings,
  ) {
    this.operation = new OPERATIONS[settings.operation](client, settings);
    this.steps = makesObject(settings.operation) ? stepsOf(client, settings) : [];
  }

  async lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    const found = await this.operation.lookUp(document, signal);
    return found && this.halfDone(found);
  }

  async create(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    if (this.settings.operation !== "annotate") await demandDeclaredType(document.content);
    return waitOut(this.settings.patience, progress, save, async (keep) => {
      for (const step of this.steps) await step.prepare(document, signal);
      return this.halfDone(await this.operation.perform(document, progress, keep, signal));
    });
  }

  verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<NonNullable<Receipt["verified"]>> {
    return this.operation.verify(document, receipt, signal);
  }

  /** A step that is pending although the node no longer has it was given up by whoever changed the node. */
  async complete(
    document: DocbridgeDocument,
    receipt: Receipt,
    save: (receipt: Receipt) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Receipt> {
    const { pending, waitingSince, ...whole } = await waitOut(this.settings.patience, receipt, save, async (keep) => {
      let half = receipt;
      for (const step of this.steps.filter(({ name }) => receipt.pending?.includes(name))) {
        const done = await step.carryOut(document, half, signal);
        half = { ...done, pending: half.pending?.filter((name) => name !== step.name) };
        if (half.pending?.length) await keep(half);
      }
      return half;
    });
    return whole;
  }

  private halfDone(receipt: Receipt): Receipt {
    return this.steps.length === 0 ? receipt : { ...receipt, pending: this.steps.map(({ name }) => name) };
  }
}

function makesObject(operation: ArchiveSettings["operation"]): boolean {
  return operation === "create" || operation === "version";
}

/** Retention comes last: what is retained may not be linked any more. */
function stepsOf(client: Connect, { acl, caseRule, retention, proof }: ArchiveSettings): Step[] {
  return [
    ...(acl ? [new AclStep(client, acl)] : []),
    ...(caseRule ? [new CaseLink(client, caseRule)] : []),
    ...(retention ? [new RetentionStep(client, retention, proof)] : []),
  ];
}

const OPERATIONS = { create: NewObject, version: NewVersion, rendition: Rendition, annotate: Annotation } as const;
