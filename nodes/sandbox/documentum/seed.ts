import { demoWorld } from "../demo-world";
import type { User } from "./model/permits";
import type { ContentRef, ObjectRecord } from "./model/records";
import { type Repository, userValues } from "./model/repository";
import { commitDraft, DEFAULT_ACL, draftObject } from "./operations/create";
import { READ_ONLY_ACL, seedRecords } from "./seed-records";
import { seedWorkflows } from "./seed-workflows";

/** name, description, media type, file extension. */
const FORMATS = [
  ["pdf", "Acrobat PDF", "application/pdf", "pdf"],
  ["html", "HTML", "text/html", "html"],
  ["crtext", "Text Document (Windows)", "text/plain", "txt"],
  ["text", "Text Document (Unix)", "text/plain", "txt"],
  ["xml", "XML Document", "text/xml", "xml"],
  ["json", "JSON Document", "application/json", "json"],
  ["png", "PNG Image", "image/png", "png"],
  ["jpeg", "JPEG Image", "image/jpeg", "jpg"],
  ["tiff", "TIFF Image", "image/tiff", "tif"],
  ["ps", "PostScript", "application/postscript", "ps"],
  ["afp", "Advanced Function Presentation", "application/vnd.ibm.modcap", "afp"],
  ["zip", "ZIP Archive", "application/zip", "zip"],
  ["binary", "Binary Content", "application/octet-stream", "bin"],
  ["unknown", "Unknown Format", "", ""],
] as const;

const RELATION_TYPES = ["ACL REPLICATION", "dm_subscription", "demo_source_of", "demo_related"];
const CABINETS = ["Temp", "Statements", "Assets"];

const TERMS = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Terms and conditions</title></head>
<body>
<h1>Terms and conditions</h1>
<p>This statement is issued by Demo Mutual. Please check it and tell us within 30 days if something is wrong.</p>
<p>Version 1, approved.</p>
</body>
</html>
`;

/**
 * Fills an empty repository with users, formats, cabinets, one approved asset and what the site has for its records.
 * A mark in the store says that a step was done; after a kill in the middle it is completed, what was deleted later does
 * not come back, and a repository of an earlier version gets what is new.
 */
export async function seed(repository: Repository): Promise<void> {
  const marks = repository.store.collection<{ at: string }>("marks");
  const steps = { seeded: seedBasics, site: seedSite, workflows: seedWorkflows };
  for (const [mark, step] of Object.entries(steps)) {
    if (marks.has(mark)) continue;
    await step(repository);
    marks.put(mark, { at: new Date(repository.now()).toISOString() });
  }
}

async function seedBasics(repository: Repository): Promise<void> {
  seedUsers(repository);
  seedFormats(repository);
  seedAcl(repository);
  const admin = repository.user("dmadmin");
  for (const name of CABINETS) {
    if (!repository.folders.idAt(`/${name}`)) createCabinet(repository, admin, name);
  }
  await seedAsset(repository, admin);
}

function seedUsers(repository: Repository): void {
  for (const { name, groups } of demoWorld.users) {
    const privileges = (groups as readonly string[]).includes("administrators") ? 16 : 0;
    if (!repository.userRecord(name)) repository.add("dm_user", userValues(name, privileges));
  }
}

function seedFormats(repository: Repository): void {
  for (const [name, description, mime_type, dos_extension] of FORMATS) {
    if (repository.formats.byName(name)) continue;
    repository.add("dm_format", { name, description, ...(mime_type ? { mime_type, dos_extension } : {}) });
  }
  for (const relation_name of RELATION_TYPES) {
    const known = [...repository.objects.lookup("relation_name", relation_name)].some((id) => isRelationType(repository.objects.get(id)));
    if (!known) repository.add("dm_relation_type", { relation_name, parent_type: "dm_sysobject", child_type: "dm_sysobject" });
  }
}

function isRelationType(record: ObjectRecord | undefined): boolean {
  return record?.type === "dm_relation_type";
}

/** Everybody may do everything, so that the first steps in the sandbox meet no refusal. */
function seedAcl(repository: Repository): void {
  addAcl(repository, DEFAULT_ACL.name, "Open to everybody", 7);
}

/** The groups of the demo world, and one that reviews. */
function seedGroups(repository: Repository): void {
  const members = new Map<string, string[]>([["demo_reviewers", demoWorld.users.map(({ name }) => name)]]);
  for (const { name, groups } of demoWorld.users) for (const group of groups) members.set(group, [...(members.get(group) ?? []), name]);
  for (const [group_name, users_names] of members) {
    if (!repository.groups.byName(group_name)) repository.add("dm_group", { group_name, users_names, owner_name: DEFAULT_ACL.domain });
  }
}

/** What the site itself owns can be read by everybody and changed by its owner. */
async function seedSite(repository: Repository): Promise<void> {
  addAcl(repository, READ_ONLY_ACL, "Read only", 3);
  if (!repository.folders.idAt("/System")) createCabinet(repository, repository.user("dmadmin"), "System");
  seedRecords(repository);
  seedGroups(repository);
}

function addAcl(repository: Repository, object_name: string, description: string, world: number): void {
  if (repository.permits.acl(object_name, DEFAULT_ACL.domain)) return;
  repository.add("dm_acl", {
    object_name,
    description,
    owner_name: DEFAULT_ACL.domain,
    r_accessor_name: ["dm_world", "dm_owner"],
    r_accessor_permit: [world, 7],
    r_accessor_xpermit: [0, 0],
    r_is_group: [false, false],
    r_permit_type: [0, 0],
    r_application_permit: ["", ""],
  });
}

function createCabinet(repository: Repository, admin: User, object_name: string): void {
  commitDraft(repository, admin, draftObject(repository, admin, { type: "dm_cabinet", kind: "cabinet" }, { properties: { object_name } }));
}

async function seedAsset(repository: Repository, admin: User): Promise<void> {
  const folderId = repository.folders.idAt("/Assets");
  if (!folderId) return;
  for (const id of repository.objects.lookup("asset_key", "terms-and-conditions")) if (repository.objects.get(id)) return;
  const intake = { format: "html", mediaType: "text/html", fileName: "terms-and-conditions.html" };
  const content = await repository.contents.write(oneChunk(TERMS), intake);
  const ref: ContentRef = { id: content.id, format: "html", page: 0, modifier: "", rendition: 0 };
  const properties = {
    object_name: "terms-and-conditions",
    title: "Terms and conditions",
    asset_key: "terms-and-conditions",
    approval_state: "APPROVED",
    effective_from: "2024-01-01T00:00:00.000+00:00",
    language: "en",
  };
  const draft = draftObject(repository, admin, { folderId, type: "demo_asset", kind: "document" }, { properties });
  commitDraft(repository, admin, draft, [ref]);
}

async function* oneChunk(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
