import type { DocumentumClient, DocumentumObject } from "../../clients/documentum/documentum";
import { type ObjectKey, onlyOne } from "../../runtime/business-key";

/** Rows that are read: enough to know that there is more than one, few when the attribute is no key at all. */
const ROWS = 20;

/** The current version of the one object with a business key; undefined when there is none. Throws `ambiguous-key`. */
export async function findObject(
  client: DocumentumClient,
  key: ObjectKey,
  value: string,
  signal: AbortSignal,
  attributes: string[] = [],
): Promise<DocumentumObject | undefined> {
  const found = await client.findByKey(key.type, key.attribute, value, { signal, maxRows: ROWS, attributes });
  return onlyOne(found, key, ({ objectId }) => objectId);
}
