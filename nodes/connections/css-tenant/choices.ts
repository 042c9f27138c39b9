import type { Instance } from "../../clients/cms/cms";
import { type ChoiceReader, MAX_CHOICES } from "../../runtime/choices";
import type { CssTenantNode } from "../../runtime/connections";

/** What CMS offers for the fields of a dialog. */
export const tenantChoices: Record<string, ChoiceReader<CssTenantNode>> = {
  types: async (tenant) => (await tenant.typeNames()).map((value) => ({ value })),
  folders: async (tenant) => {
    const folders = await (await tenant.cms()).listInstances("folder", "cms_folder", { limit: MAX_CHOICES });
    return folders.map(({ id, name }) => ({ value: id, label: name }));
  },
  assets: async (tenant, { findBy, objectType = "", keyAttribute = "" }) => {
    const assets = await (await tenant.cms()).listInstances("file", objectType, { limit: MAX_CHOICES });
    return assets.map((asset) => ({ value: identityOf(asset, findBy, keyAttribute), label: asset.name }));
  },
};

function identityOf({ id, name, properties }: Instance, findBy: string | undefined, keyAttribute: string): string {
  if (findBy === "id") return id;
  if (findBy === "name") return name ?? "";
  const key = properties[keyAttribute];
  return typeof key === "string" ? key : "";
}
