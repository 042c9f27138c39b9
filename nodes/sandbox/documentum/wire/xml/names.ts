/** The vendor's vocabulary; wire/documentum.md names the media types and no namespace: ours, like the element names below. */
export const DM = "http://identifiers.emc.com/vocab/documentum";
export const XSI = "http://www.w3.org/2001/XMLSchema-instance";
export const ATOM = "http://www.w3.org/2005/Atom";

/** Lists whose element's name is not simply theirs without the `s`; names of the vendor's description where it gives them. */
const ITEMS: Record<string, string> = {
  entries: "entry",
  properties: "property",
  permitted: "permission",
  restricted: "permission",
  "batchable-resources": "resource",
  "non-batchable-resources": "resource",
  "audit-data-list": "audit-data",
  "external-variables": "external-variable",
  dependencies: "dependency",
};

/** Name of the elements in a list. */
export function itemName(list: string): string {
  return ITEMS[list] ?? (/[^s]s$/.test(list) ? list.slice(0, -1) : "item");
}

/** Members that are attributes of their element (the vendor's description of batches and links). */
const ATTRIBUTES: Record<string, readonly string[]> = {
  link: ["rel", "href", "hreftemplate", "title", "type"],
  operation: ["id"],
  request: ["method", "uri"],
  response: ["status"],
  header: ["name", "value"],
  Include: ["href"],
};

export function attributesOf(element: string): readonly string[] {
  return ATTRIBUTES[element] ?? [];
}

/** Lists in request bodies: what stands in such an element are its items, whatever they are called. */
export const LISTS = new Set(
  [
    ..."links operations headers attachments hrefs keywords subscribers permitted restricted required-group required-group-set".split(" "),
    ..."users groups object-ids document-ids notes types repositories columns collections sorts locations expressions".split(" "),
    ..."facet-definitions attributes values external-variables variable-values".split(" "),
  ].map(String),
);

/** Root elements of resources that have members of their own instead of a `name`, by their address below `{R}`. */
const ROOTS: [RegExp, string][] = [
  [/^\/repositories\/[^/]+$/, "repository"],
  [/\/types\/[^/]+$/, "type"],
  [/\/assist-values$/, "assist-values"],
  [/\/lifecycles\/[^/]+$/, "lifecycle"],
  [/\/lifecycle(?:\/[^/]+)?$/, "object-lifecycle"],
  [/\/aspects$/, "object-aspects"],
  [/\/permissions$/, "permission"],
  [/\/permission-set$/, "permission-set"],
  [/\/(?:parent|child)-links(?:\/[^/]+)?$/, "folder-link"],
  [/\/batches$/, "batch"],
  [/\/batch-capabilities$/, "batch-capabilities"],
  [/\/available-audit-events$/, "audit-event-list"],
  [/\/audit-policies(?:\/[^/]+)?$/, "audit-policy"],
  [/\/(?:comments|replies)(?:\/[^/]+)?$/, "comment"],
  [/\/currentuser-preferences(?:\/[^/]+)?$/, "preference"],
  [/\/(?:vd-nodes|vd-relations)(?:\/[^/]+)?$/, "vd-node"],
  [/\/packages\/[^/]+$/, "package"],
  [/\/attachments$/, "attachment"],
];

/** Root element of what an address answers with, when the answer itself does not say. */
export function rootOf(path: string): string {
  return ROOTS.find(([pattern]) => pattern.test(path))?.[1] ?? "resource";
}
