import type { DocumentumClient, DocumentumObject } from "../../clients/documentum/documentum";
import type { TypeDefinition } from "../../clients/type-definition";
import type { Attributes, DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { OneAtATime } from "../../core/one-at-a-time";
import { attributesFor } from "../../runtime/archiving-node";
import { keyValue, noObject } from "../../runtime/business-key";
import { Kept, TYPE_KEPT_MS } from "../../runtime/connections";
import { findObject } from "./business-object";
import type { ArchiveSettings } from "./config";
import { additions } from "./facts";
import { type Connect, demandOneObject, type Operation, receiptOf } from "./operation";

/** Where the facts of a delivery go. */
export interface AnnotationRule {
  /** `auto`: into attributes, or into a record of its own where those must not be changed any more. */
  as: "attributes" | "auto" | "record";
  /** Repeating attribute that takes the document's key with each row of facts; empty: rows are told apart by their values. */
  markAttribute: string;
  recordType: string;
  /** Mustache template over the document. */
  recordFolder: string;
  /** Name of the relation from the object to its record. */
  relation: string;
}

/**
 * Adds the facts of a delivery to an object that is archived: repeating attributes get one row more, single ones are set
 * once and never again. Where the object must not be changed the facts become a record of their own, related to it.
 */
export class Annotation implements Operation {
  private readonly queue = new OneAtATime();
  private readonly types = new Kept<TypeDefinition>(TYPE_KEPT_MS, async (name) => (await this.client()).getType(name));

  constructor(
    private readonly client: Connect,
    private readonly settings: ArchiveSettings,
  ) {}

  /** What is there already is found by `perform` itself, which looks before it adds. */
  async lookUp(): Promise<undefined> {}

  async perform(document: DocbridgeDocument, _progress: unknown, _save: unknown, signal: AbortSignal): Promise<Receipt> {
    const { find, annotation } = this.settings;
    const value = keyValue(find, document);
    return this.queue.run(value, async () => {
      const client = await this.client();
      const found = await findObject(client, find, value, signal);
      if (!found) throw noObject(find);
      const object = await client.getObject(found, { signal });
      const change = await this.changeFor(object, document);
      if (annotation.as === "record") return this.inRecord(client, object, document, signal);
      try {
        return receiptOf(await client.updateObject(object, change, { signal }));
      } catch (thrown) {
        const isFixed = thrown instanceof DocbridgeError && thrown.code === "retained";
        if (annotation.as === "attributes" || !isFixed) throw thrown;
        return this.inRecord(client, object, document, signal);
      }
    });
  }

  /** Reads back that the facts are there. */
  async verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<"read-back"> {
    const client = await this.client();
    const object = await client.getObject(receipt.objectId, { signal });
    const { recordId } = receipt;
    const isThere = recordId
      ? (await client.relations.of(object, { signal })).some(({ childId }) => childId === recordId)
      : (await this.changeFor(object, document))(object) === undefined;
    if (isThere) return "read-back";
    throw new DocbridgeError("verification-failed", {
      message: `Object ${receipt.objectId} does not show the facts that were added to it. Have it examined; the document is not counted as done.`,
      subject: receipt.objectId,
    });
  }

  /** What is still to be changed at the object, asked with its attributes as they are. */
  private async changeFor(object: DocumentumObject, document: DocbridgeDocument) {
    const { find, annotation } = this.settings;
    const type = await this.types.get(object.type ?? find.type);
    const { markAttribute } = annotation;
    const facts = { ...this.factsOf(document), ...(markAttribute ? { [markAttribute]: document.key } : {}) };
    return (now: DocumentumObject) => additions(facts, now.properties, type);
  }

  private factsOf(document: DocbridgeDocument): Attributes {
    const facts = attributesFor(document, this.settings.destination);
    if (Object.keys(facts).length > 0) return facts;
    throw new DocbridgeError("missing-metadata", {
      message: `No attributes are mapped for the destination ${this.settings.destination}, so there is nothing to add. Wire a metadata mapper for it before this node.`,
      subject: this.settings.destination,
    });
  }

  /** A record is found by the document's key, so that there is one; then it is related, unless it is. */
  private async inRecord(
    client: DocumentumClient,
    object: DocumentumObject,
    document: DocbridgeDocument,
    signal: AbortSignal,
  ): Promise<Receipt> {
    const { annotation, objectName, keyAttribute } = this.settings;
    const found = await client.findByKey(annotation.recordType, keyAttribute, document.key, { signal });
    // The archived object itself carries the key, too, and its type may be one below that of records.
    const known = found.filter(({ type }) => type === annotation.recordType);
    demandOneObject(known, annotation.recordType, keyAttribute);
    const record = known[0] ?? (await this.create(client, document, objectName, signal));
    await client.relations.relate(annotation.relation, object, record.objectId, { signal });
    return { ...receiptOf(object), recordId: record.objectId };
  }

  private create(client: DocumentumClient, document: DocbridgeDocument, objectName: string, signal: AbortSignal) {
    const { annotation, keyAttribute } = this.settings;
    const view = documentView(document);
    return client.createObject(
      {
        folder: renderTemplate(annotation.recordFolder, view, { name: "folder of records" }),
        type: annotation.recordType,
        properties: {
          ...this.factsOf(document),
          object_name: renderTemplate(objectName, view, { name: "object name" }),
          [keyAttribute]: document.key,
        },
      },
      { signal },
    );
  }
}
