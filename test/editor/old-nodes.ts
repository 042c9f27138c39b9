/** Nodes as the first version of the pack saved them, with what every later version has to make of them. */

const connection = {
  name: "",
  version: 1,
  ledger: "ledger",
  destination: "css",
  keyAttribute: "docbridge_key",
  lookUp: "doubt",
  parallel: "8",
};

const archive = {
  ...connection,
  type: "documentum-archive",
  destination: "documentum",
  repository: "documentum",
  objectType: "my_statement",
  folderPath: "/Mine",
  objectName: "{{content.fileName}}",
};
const store = {
  ...connection,
  type: "css-store",
  destination: "css",
  tenant: "css",
  cmsType: "my_statement",
  objectName: "{{content.fileName}}",
  parentFolder: "",
  integrityTrait: "",
};

export interface OldNode {
  stored: { type: string; [property: string]: unknown };
  /** What is not as it was. */
  changed: Record<string, unknown>;
  /** What a person is told. */
  told: string[];
}

/** One for each real step. */
export const oldNodes: Record<string, OldNode> = {
  "a cabinet of the node's own, and no check": {
    stored: {
      ...archive,
      createCabinet: true,
      format: "pdf",
      verify: "none",
    },
    changed: { version: 2, verify: "read-back", createCabinet: undefined },
    told: ["verifyNone", "createCabinet"],
  },
  "no cabinet": {
    stored: {
      ...archive,
      createCabinet: false,
      format: "",
      verify: "size",
    },
    changed: { version: 2, createCabinet: undefined },
    told: [],
  },
  "an upload without a check": {
    stored: {
      ...store,
      verify: "none",
    },
    changed: { version: 2, verify: "read-back" },
    told: ["verifyNone"],
  },
  "an upload with a check": {
    stored: {
      ...store,
      verify: "server-checksum",
    },
    changed: { version: 2 },
    told: [],
  },
};

/** The settings after the upgrade, without those that went away. */
export function expected({ stored, changed }: OldNode): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...stored, ...changed }).filter(([, value]) => value !== undefined));
}
