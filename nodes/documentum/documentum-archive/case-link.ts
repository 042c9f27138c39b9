import type { DocumentumClient, DocumentumObject } from "../../clients/documentum/documentum";
import { Lru } from "../../clients/http/lru";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { keyValue, type ObjectKey } from "../../runtime/business-key";
import { findObject } from "./business-object";
import type { Connect, Step } from "./operation";

/** How a document's case is found, and what becomes of documents whose case is not as it should be. */
export interface CaseRule {
  key: ObjectKey;
  missing: "create" | "wait" | "quarantine";
  /** Mustache template: path of a case that is created. */
  path: string;
  /** Attribute that says whether a case takes nothing any more; empty: every case is open. */
  closedAttribute: string;
  closedValues: string[];
}

/** Cases kept between finding them and linking into them. */
const KEPT = 1_000;

/** Links the archived object into the folder of its case, which is found by a business key of its own (use-cases.md D3). */
export class CaseLink implements Step {
  readonly name = "case";
  private readonly found = new Lru<DocumentumObject>(KEPT);
  /** Cases being found or created right now: many documents of one case ask once. */
  private readonly underWay = new Map<string, Promise<DocumentumObject>>();

  constructor(
    private readonly client: Connect,
    private readonly rule: CaseRule,
  ) {}

  /** Before anything is archived: a case that takes nothing must not leave a half-done document. */
  async prepare(document: DocbridgeDocument, signal: AbortSignal): Promise<void> {
    this.found.set(document.id, await this.caseOf(document, signal));
  }

  async carryOut(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<Receipt> {
    const client = await this.client();
    const into = this.found.get(document.id) ?? (await this.caseOf(document, signal));
    this.found.delete(document.id);
    await client.links.link(await client.getObject(receipt.objectId, { signal }), into, { signal });
    return { ...receipt, caseId: into.objectId };
  }

  /** The open case. Throws `ambiguous-key`, `case-missing`, `case-closed`. */
  private caseOf(document: DocbridgeDocument, signal: AbortSignal): Promise<DocumentumObject> {
    const value = keyValue(this.rule.key, document);
    const path = this.rule.missing === "create" ? renderTemplate(this.rule.path, documentView(document), { name: "path of the case" }) : "";
    const asked = `${value}\n${path}`;
    const known = this.underWay.get(asked);
    if (known) return known;
    const work = this.find(value, path, signal).finally(() => this.underWay.delete(asked));
    this.underWay.set(asked, work);
    return work;
  }

  private async find(value: string, path: string, signal: AbortSignal): Promise<DocumentumObject> {
    const client = await this.client();
    const found = (await this.look(client, value, signal)) ?? (path ? await this.create(client, value, path, signal) : undefined);
    if (!found) throw this.missing();
    const { closedAttribute, closedValues } = this.rule;
    if (closedAttribute && closedValues.includes(String(found.properties[closedAttribute] ?? "").toLowerCase())) {
      throw new DocbridgeError("case-closed", {
        message: `The case ${found.objectId} takes nothing any more (${closedAttribute}). Nothing was changed; have it opened again, or file the document elsewhere.`,
        subject: found.objectId,
      });
    }
    return found;
  }

  private look(client: DocumentumClient, value: string, signal: AbortSignal) {
    const { key, closedAttribute } = this.rule;
    return findObject(client, key, value, signal, closedAttribute ? [closedAttribute] : []);
  }

  /** Two workers can create the case at once; the path sees to it that there is one. */
  private async create(client: DocumentumClient, value: string, path: string, signal: AbortSignal): Promise<DocumentumObject> {
    const { type, attribute } = this.rule.key;
    const folder = await client.ensureFolder(path, { signal, as: { type, properties: { [attribute]: value } } });
    const made = await this.look(client, value, signal);
    if (made) return made;
    throw new DocbridgeError("conflict", {
      message: `Folder ${folder.objectId} has the path of the case, but is no ${type} with the document's case key in ${attribute}. Correct the folder, or the path of cases in the node.`,
      subject: folder.objectId,
    });
  }

  private missing(): DocbridgeError {
    const { key, missing } = this.rule;
    return new DocbridgeError("case-missing", {
      message: `No case of type ${key.type} has the document's case key in ${key.attribute}.`,
      subject: key.attribute,
      ...(missing === "wait" ? { parkMs: 0 } : {}),
    });
  }
}
