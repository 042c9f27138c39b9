import { createHash, randomUUID } from "node:crypto";
import type { Library } from "./library";
import { type ContentRecord, type LinkRecord, type ResourceRecord, STATES, type State } from "./resource";
import { ZipError } from "./unzip";

/** What becomes of a resource that is there already in another form (wire/exstream.md 10.6). */
export const POLICIES = ["ERROR", "REPLACE", "SKIP", "AUTO_RENAME", "REPLACE_IF_NEWER", "EXISTING"] as const;
export type Policy = (typeof POLICIES)[number];

interface Packed {
  record: Omit<ResourceRecord, "contents">;
  contents: { kind: string; mimeType: string; bytes: Buffer }[];
}

/** A package, read and checked. */
export interface Package {
  metadata: unknown;
  resources: Packed[];
  links: LinkRecord[];
}

/** A resource of the package, and what an import does with it. */
interface Step {
  packed: Packed;
  action: "import" | "replace" | "rename" | "skip" | "same" | "conflict";
  conflict: boolean;
}

/** A reply about the package, and the work itself. */
export interface ImportPlan {
  reply: Record<string, unknown>;
  /** Resources that stand in the way. */
  conflicts: number;
  commit(): Promise<void>;
}

/** Reads the files of an export package. Throws `ZipError` when they are none. */
export function readPackage(files: Map<string, Buffer>): Package {
  const resources = [...files]
    .filter(([name]) => /^resources\/[^/]+\.json$/.test(name))
    .map(([name, bytes]) => packedOf(name, bytes, files));
  if (!files.has("metadata.json") || resources.length === 0) throw new ZipError("the archive is no export package");
  const links = files.get("links/links.json");
  return {
    metadata: parsed("metadata.json", files.get("metadata.json") as Buffer),
    resources,
    links: links ? (parsed("links/links.json", links) as LinkRecord[]) : [],
  };
}

/**
 * Decides what an import does, resource by resource, and changes nothing yet. A version that is there with the same state and bytes
 * is left alone; one that differs is a conflict, which the policy settles. What each policy does in detail is ours.
 */
export function planImport(library: Library, pack: Package, policy: Policy, user: string): ImportPlan {
  const steps = pack.resources.map((packed) => stepFor(library, packed, policy));
  const renamed = new Map(
    steps.filter(({ action }) => action === "rename").map(({ packed }) => [packed.record.id, randomUUID() as string]),
  );
  const found = ({ packed: { record } }: Step) => {
    const { type, name, id, version, state } = record;
    const newId = renamed.get(id);
    return newId
      ? { type, name, id: newId, version, state, newName: `${name} (imported)`, origId: id }
      : { type, name, id, version, state };
  };
  const listed = (...actions: Step["action"][]) => steps.filter(({ action }) => actions.includes(action)).map(found);
  return {
    reply: {
      metadata: pack.metadata,
      policies: { generalPolicy: policy },
      importedResources: listed("import", "replace", "rename"),
      ignoredResources: listed("skip"),
      conflictedResources: steps.filter(({ conflict }) => conflict).map((step) => ({ ...found(step), performedAction: policy })),
      existingResources: listed("same"),
      warnings: [],
    },
    conflicts: steps.filter(({ action }) => action === "conflict").length,
    commit: () => carryOut(library, pack, steps, renamed, user),
  };
}

function stepFor(library: Library, packed: Packed, policy: Policy): Step {
  const { record } = packed;
  const known = library.versions(record.id);
  const same = known.find(({ version }) => version === record.version);
  if (known.length === 0) return { packed, action: "import", conflict: false };
  if (same && same.state === record.state && sameBytes(same, packed)) return { packed, action: "same", conflict: false };
  return { packed, action: settled(policy, record, same ?? (known.at(-1) as ResourceRecord)), conflict: true };
}

function settled(policy: Policy, packed: Packed["record"], known: ResourceRecord): Step["action"] {
  switch (policy) {
    case "ERROR":
      return "conflict";
    case "REPLACE":
      return "replace";
    case "AUTO_RENAME":
      return "rename";
    case "REPLACE_IF_NEWER":
      return packed.lastModifiedDate > known.lastModifiedDate ? "replace" : "skip";
    case "SKIP":
    case "EXISTING":
      return "skip";
  }
}

/** All records change together, once the bytes are stored. */
async function carryOut(library: Library, pack: Package, steps: Step[], renamed: Map<string, string>, user: string): Promise<void> {
  const taken = steps.filter(({ action }) => action === "import" || action === "replace" || action === "rename");
  const records: ResourceRecord[] = [];
  for (const { packed } of taken) {
    const contents: Record<string, ContentRecord> = {};
    for (const { kind, mimeType, bytes } of packed.contents) contents[kind] = await library.keep(mimeType, one(bytes));
    const id = renamed.get(packed.record.id);
    const own = id ? { id, name: `${packed.record.name} (imported)` } : {};
    records.push({ ...packed.record, ...own, lastModifiedBy: user, contents });
  }
  library.together(() => {
    for (const record of records) library.enter(record);
    for (const link of pack.links) {
      const linkSubjectId = renamed.get(link.linkSubjectId) ?? link.linkSubjectId;
      const linkObjectId = renamed.get(link.linkObjectId) ?? link.linkObjectId;
      const subject = records.some(({ id, version }) => id === linkSubjectId && version === link.subjectVersion);
      if (subject && library.latest(linkObjectId)) library.link({ ...link, linkSubjectId, linkObjectId });
    }
  });
}

function sameBytes(known: ResourceRecord, { contents }: Packed): boolean {
  return (
    contents.length === Object.keys(known.contents).length &&
    contents.every(({ kind, bytes }) => known.contents[kind]?.sha256 === sha256(bytes))
  );
}

function packedOf(name: string, bytes: Buffer, files: Map<string, Buffer>): Packed {
  const fields = parsed(name, bytes) as Record<string, unknown>;
  const { id, version, type, state } = fields;
  const valid = typeof id === "string" && /^[0-9a-f-]{36}$/i.test(id) && Number.isInteger(version) && typeof type === "string";
  if (!valid || !STATES.includes(state as State)) throw new ZipError(`'${name}' describes no resource`);
  const stem = `content/${type}-${id}-${version}-`;
  const contents = [...files].flatMap(([file, content]) => {
    if (!file.startsWith(stem) || !file.endsWith(".bin")) return [];
    const about = files.get(file.replace(/\.bin$/, ".json"));
    const { mimetype } = (about ? parsed(file, about) : {}) as { mimetype?: string };
    return [
      { kind: file.slice(stem.length, -".bin".length).toLowerCase(), mimeType: mimetype ?? "application/octet-stream", bytes: content },
    ];
  });
  return { record: recordOf(fields), contents };
}

/** The fields this stand-in keeps; whatever else a package says of a resource is dropped. */
function recordOf(fields: Record<string, unknown>): Packed["record"] {
  const text = (name: string, initial = "") => (typeof fields[name] === "string" ? (fields[name] as string) : initial);
  const state = fields.state as State;
  const { subtype } = (fields.metadata ?? {}) as { subtype?: string };
  return {
    id: text("id"),
    version: fields.version as number,
    name: text("name", text("id")),
    type: text("type"),
    state,
    description: text("description"),
    stateComment: text("stateComment"),
    locked: false,
    createdBy: text("createdBy"),
    createdDate: text("createdDate"),
    lastModifiedBy: text("lastModifiedBy"),
    lastModifiedDate: text("lastModifiedDate"),
    metadata: subtype ? { subtype } : {},
    approvedBy: state === "APPROVED" ? text("lastModifiedBy") : undefined,
  };
}

function parsed(name: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new ZipError(`'${name}' is no JSON`);
  }
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
