import type { NewAttribute } from "../../clients/cms-definitions";
import type { Definition } from "../../runtime/cms-definitions";
import type { StoreSettings } from "./config";

const text = (name: string, size: number): NewAttribute => ({ name, data_type: "string", size });

/** The attributes of the integrity trait: our convention (wire/css.md section 11). */
const INTEGRITY: NewAttribute[] = [text("sha256", 64), text("md5", 32), { name: "bytes", data_type: "long" }];
/** The attributes of the trait that links evidence to its document: our convention. */
const EVIDENCE: NewAttribute[] = [text("document_key", 255), text("object_id", 64), text("role", 64)];
/** Every object has them, whatever its type. */
const SYSTEM = ["id", "name", "display_name", "description"];

/** What decides which definitions a node needs. */
export type Needs = Pick<StoreSettings, "operation" | "cmsType" | "keyAttribute" | "integrityTrait" | "evidenceTrait"> & {
  find: Pick<StoreSettings["find"], "type" | "attribute">;
};

/** What the tenant must have defined for a node: types, and the attributes and traits that the node itself fills or asks for. */
export function neededDefinitions({ operation, cmsType, keyAttribute, integrityTrait, evidenceTrait, find }: Needs): Definition[] {
  const types = new Map<string, NewAttribute[]>([[cmsType, []]]);
  // A rendition carries no key.
  if (operation !== "rendition") types.get(cmsType)?.push(text(keyAttribute, 64));
  if (operation !== "store" && find.attribute && !SYSTEM.includes(find.attribute)) {
    const attributes = types.get(find.type) ?? [];
    if (!attributes.some(({ name }) => name === find.attribute)) attributes.push(text(find.attribute, 255));
    types.set(find.type, attributes);
  }
  const needed = [...types].map(([name, attributes]): Definition => ({ kind: "type", name, attributes }));
  if (integrityTrait) needed.push({ kind: "trait", name: integrityTrait, attributes: INTEGRITY });
  if (operation === "evidence") needed.push({ kind: "trait", name: evidenceTrait, attributes: EVIDENCE });
  return needed;
}
