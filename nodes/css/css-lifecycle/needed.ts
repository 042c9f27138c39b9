import type { NewAttribute } from "../../clients/cms/definitions";
import type { Definition } from "../../runtime/cms-definitions";
import type { Settings } from "./config";

const text = (name: string, size: number): NewAttribute => ({ name, data_type: "string", size });
const date = (name: string): NewAttribute => ({ name, data_type: "date" });

/** What decides which definitions a node needs. */
export type Needs = Pick<Settings, "operation" | "cmsType" | "names"> & { findAttribute?: string };

/** What the tenant must have defined for a node: the type, and the traits that its operation writes (our convention). */
export function neededDefinitions({ operation, cmsType, names, findAttribute }: Needs): Definition[] {
  const attributes = findAttribute ? [text(findAttribute, 255)] : [];
  const needed: Definition[] = [{ kind: "type", name: cmsType, attributes }];
  const trait = (name: string, has: NewAttribute[]) => needed.push({ kind: "trait", name, attributes: has });
  switch (operation) {
    case "retention":
      trait(names.retention, [text("policy", 64), date("retain_until"), text("basis", 255), text("disposition", 32)]);
      break;
    case "hold":
    case "release":
      trait(names.hold, [text("matter_id", 64), date("placed_at"), text("placed_by", 128), date("released_at"), text("acl_before", 64)]);
      break;
    case "tier":
      trait(names.tier, [text("tier", 32), date("tier_since"), date("next_tier_on")]);
      break;
    case "recall":
      trait(names.recall, [
        text("request_id", 64),
        ...["requested_at", "eta", "available_from", "available_until"].map(date),
        { name: "cost", data_type: "double" },
      ]);
      break;
    case "delete":
    case "expire":
    case "dispose":
      trait(names.deletion, [date("begun_at"), text("begun_by", 128), date("ended_at")]);
  }
  return needed;
}
