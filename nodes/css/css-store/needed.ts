import type { NewAttribute } from "../../clients/cms/definitions";
import type { Definition } from "../../runtime/cms-definitions";
import type { StoreSettings } from "./config";
import { RESOURCE_LENGTH } from "./set-object";

const text = (name: string, size: number): NewAttribute => ({ name, data_type: "string", size });

/** The attributes of the integrity trait: our convention (wire/css.md section 11). */
const INTEGRITY: NewAttribute[] = [text("sha256", 64), text("md5", 32), { name: "bytes", data_type: "long" }];
/** The attributes of the trait that links evidence to its document: our convention. */
const EVIDENCE: NewAttribute[] = [text("document_key", 255), text("object_id", 64), text("role", 64)];
const list = (name: string, size: number): NewAttribute => ({ ...text(name, size), repeating: true });
const date = (name: string): NewAttribute => ({ name, data_type: "date" });

/** The attributes of the trait of a set, and of the trait that lists its members: our convention. */
const SET: NewAttribute[] = [
  text("communication", 255),
  ...["expected", "present", "missing", "late"].map((name) => list(name, 64)),
  text("state", 16),
  text("reason", 255),
  date("closed_at"),
  text("manifest_sha256", 64),
];
const VARIANT: NewAttribute[] = [
  text("role", 64),
  text("document_key", 64),
  text("content_id", 255),
  ...INTEGRITY,
  text("media_type", 128),
  text("file_name", 255),
  text("derived_from", 255),
  date("received_at"),
  list("resources", RESOURCE_LENGTH),
  { name: "resources_total", data_type: "integer" },
];
/** Every object has them, whatever its type. */
const SYSTEM = ["id", "name", "display_name", "description"];

/** What decides which definitions a node needs. */
export type Needs = Pick<StoreSettings, "operation" | "cmsType" | "keyAttribute" | "integrityTrait" | "evidenceTrait" | "sets"> & {
  find: Pick<StoreSettings["find"], "type" | "attribute">;
};

/** What the tenant must have defined for a node: types, and the attributes and traits that the node itself fills or asks for. */
export function neededDefinitions({ operation, cmsType, keyAttribute, integrityTrait, evidenceTrait, sets, find }: Needs): Definition[] {
  const types = new Map<string, NewAttribute[]>([[cmsType, []]]);
  // A rendition carries no key.
  if (operation !== "rendition") types.get(cmsType)?.push(text(keyAttribute, 64));
  if (!["store", "set"].includes(operation) && find.attribute && !SYSTEM.includes(find.attribute)) {
    const attributes = types.get(find.type) ?? [];
    if (!attributes.some(({ name }) => name === find.attribute)) attributes.push(text(find.attribute, 255));
    types.set(find.type, attributes);
  }
  const needed = [...types].map(([name, attributes]): Definition => ({ kind: "type", name, attributes }));
  if (integrityTrait) needed.push({ kind: "trait", name: integrityTrait, attributes: INTEGRITY });
  if (operation === "evidence") needed.push({ kind: "trait", name: evidenceTrait, attributes: EVIDENCE });
  if (operation === "set") {
    needed.push({ kind: "trait", name: sets.set, attributes: SET }, { kind: "trait", name: sets.variant, attributes: VARIANT });
  }
  return needed;
}
