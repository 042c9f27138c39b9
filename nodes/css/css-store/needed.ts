import type { NewAttribute } from "../../clients/cms-definitions";
import type { Definition } from "../../runtime/cms-definitions";
import type { StoreSettings } from "./config";

const text = (name: string, size: number): NewAttribute => ({ name, data_type: "string", size });

/** The attributes of the integrity trait: our convention (wire/css.md section 11). */
const INTEGRITY: NewAttribute[] = [text("sha256", 64), text("md5", 32), { name: "bytes", data_type: "long" }];
/** The attributes of the trait that links evidence to its document: our convention. */
const EVIDENCE: NewAttribute[] = [text("document_key", 255), text("object_id", 64), text("role", 64)];

/** What the tenant must have defined for a node: the type, and the attributes and traits that the node fills by itself. */
export function neededDefinitions(
  settings: Pick<StoreSettings, "operation" | "cmsType" | "keyAttribute" | "integrityTrait" | "evidenceTrait">,
): Definition[] {
  const { operation, cmsType, keyAttribute, integrityTrait, evidenceTrait } = settings;
  // A rendition carries no key.
  const key = operation === "rendition" ? [] : [text(keyAttribute, 64)];
  const needed: Definition[] = [{ kind: "type", name: cmsType, attributes: key }];
  if (integrityTrait) needed.push({ kind: "trait", name: integrityTrait, attributes: INTEGRITY });
  if (operation === "evidence") needed.push({ kind: "trait", name: evidenceTrait, attributes: EVIDENCE });
  return needed;
}
