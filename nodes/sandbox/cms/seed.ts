import { createHash } from "node:crypto";
import type { ContentService } from "../kernel/content-service";
import type { Principal } from "../kernel/identity";
import { attribute } from "./attributes";
import { type Folders, ROOT_NAME } from "./folders";
import type { Instances } from "./instances";
import { type Attribute, type Instance, PERMISSIONS } from "./model";

const SEEDER: Principal = { user: "system", tenant: "demo" };

const text = (name: string, size: number, given: Partial<Attribute> = {}): Attribute => attribute(name, "string", { size, ...given });

/** Fields of every instance, as attributes of the type above all. */
const SYSTEM_ATTRIBUTES: Attribute[] = [
  text("name", 255, { required: true, system: true }),
  text("display_name", 255, { system: true }),
  text("description", 1024, { system: true }),
];

const STATEMENT_ATTRIBUTES: Attribute[] = [
  text("docbridge_key", 64),
  text("customer_number", 32, { required: true }),
  text("account_number", 32),
  text("document_type", 32),
  attribute("statement_date", "date"),
  attribute("total_amount", "double"),
  attribute("pages", "integer"),
  text("job_id", 64),
  text("channel", 16),
  text("template_version", 16),
  text("tags", 64, { repeating: true }),
];

const ASSET_ATTRIBUTES: Attribute[] = [
  text("asset_key", 64, { required: true }),
  text("approval_state", 16),
  attribute("effective_from", "date"),
  attribute("effective_to", "date"),
  text("language", 8),
];

const EVIDENCE_ATTRIBUTES: Attribute[] = [
  text("docbridge_key", 64),
  text("document_key", 255),
  text("customer_number", 32),
  text("job_id", 64),
];

const COMMUNICATION_ATTRIBUTES: Attribute[] = [
  text("docbridge_key", 64),
  text("communication_key", 255),
  text("customer_number", 32, { required: true }),
  text("account_number", 32),
  text("document_type", 32),
  attribute("statement_date", "date"),
  text("job_id", 64),
];

const list = (name: string, size: number): Attribute => text(name, size, { repeating: true });

/** The traits that wire/css.md section 11 suggests, with `acl_before` and more of ours (deletion, recall, evidence, sets); even their prefix is ours. */
const TRAITS: Record<string, Attribute[]> = {
  integrity: [text("sha256", 64), text("md5", 32), attribute("bytes", "long")],
  retention: [text("policy", 64), attribute("retain_until", "date"), text("basis", 255), text("disposition", 32)],
  legal_hold: [
    text("matter_id", 64),
    attribute("placed_at", "date"),
    text("placed_by", 128),
    attribute("released_at", "date"),
    text("acl_before", 64),
  ],
  lifecycle: [text("tier", 32), attribute("tier_since", "date"), attribute("next_tier_on", "date")],
  recall: [
    text("request_id", 64),
    ...["requested_at", "eta", "available_from", "available_until"].map((name) => attribute(name, "date")),
    attribute("cost", "double"),
  ],
  deletion: [attribute("begun_at", "date"), text("begun_by", 128), attribute("ended_at", "date")],
  variant_set: [
    text("communication", 255),
    ...["expected", "present", "missing", "late"].map((name) => list(name, 64)),
    text("state", 16),
    text("reason", 255),
    attribute("closed_at", "date"),
    text("manifest_sha256", 64),
  ],
  variant: [
    ...["role", "document_key", "sha256"].map((name) => text(name, 64)),
    text("content_id", 255),
    text("md5", 32),
    attribute("bytes", "long"),
    text("media_type", 128),
    text("file_name", 255),
    text("derived_from", 255),
    attribute("received_at", "date"),
    list("resources", 1024),
    attribute("resources_total", "integer"),
  ],
  evidence_of: [text("document_key", 255), text("object_id", 64), text("role", 64)],
};

const LOGO = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAMAAABg3Am1AAAABlBMVEX///8LU5Q/Y2VVAAAAcUlEQVR42u2V2wrAIAxDm///6cFetuqoOQN3Ac9jQ6BqGyMW" +
    "NtoB6sMGHTgGZUYG9ZQGXVEYcuvRN9cYasGqnxWnnCSjmrVxsRHfMdDhq/mJAR+a39L3XppPK98HvnFop3Fq8Fziycez9UZ6T/pQFiUb42QDCmcyiKMAAAAASUVO" +
    "RK5CYII=",
  "base64",
);

const TERMS = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Terms and conditions</title></head>
<body>
<p>This statement was made from demonstration data. Please check it and tell us within 30 days if anything is wrong.</p>
</body>
</html>
`;

interface Asset {
  key: string;
  name: string;
  mimeType: string;
  bytes: Buffer;
}

const ASSETS: Asset[] = [
  { key: "logo", name: "logo.png", mimeType: "image/png", bytes: LOGO },
  { key: "terms-and-conditions", name: "terms-and-conditions.html", mimeType: "text/html", bytes: Buffer.from(TERMS) },
];

/** Makes what the demo needs, each piece only if it is not there, so a start that was cut off is completed by the next. */
export async function seed(instances: Instances, folders: Folders, content: ContentService): Promise<void> {
  seedAcls(instances);
  seedDefinitions(instances);
  const root = folders.root() ?? createFolder(instances, ROOT_NAME, undefined);
  const [, assets] = ["Statements", "Assets"].map((name) => folders.childNamed(root, name) ?? createFolder(instances, name, root.id));
  for (const asset of ASSETS) await seedAsset(instances, content, asset, assets as Instance);
}

function seedAcls(instances: Instances): void {
  const { permissions } = instances.parts;
  const everyone = (granted: readonly string[]) => ({
    identity: "everyone",
    identity_type: "GROUP" as const,
    group_name: "everyone",
    display_name: "Everyone",
    permissions: [...granted],
  });
  permissions.ensureAcl("default", "Everyone may do everything", [everyone(PERMISSIONS)]);
  // Without delete_content, create_version and modify: the stronger lever of wire/css.md section 11.
  permissions.ensureAcl("record", "Nobody changes or deletes", [everyone(["browse", "read_content", "relate", "edit_permissions"])]);
}

function seedDefinitions(instances: Instances): void {
  const { definitions } = instances.parts;
  definitions.ensureSystemTypes(SYSTEM_ATTRIBUTES);
  if (![...definitions.namespaces.values()].some(({ prefix }) => prefix === "def")) {
    definitions.createNamespace({ name: "default", prefix: "def", description: "Default namespace" }, SEEDER.user);
  }
  for (const [name, attributes] of Object.entries(TRAITS)) {
    if (!definitions.traits.has(`def_${name}`)) definitions.createTrait({ name, namespace: "def", attributes }, SEEDER.user);
  }
  const types = {
    statement: STATEMENT_ATTRIBUTES,
    asset: ASSET_ATTRIBUTES,
    evidence: EVIDENCE_ATTRIBUTES,
    communication: COMMUNICATION_ATTRIBUTES,
  };
  for (const [name, attributes] of Object.entries(types)) {
    if (!definitions.types.has(`def_${name}`)) {
      definitions.createType("file", { name, display_name: name, namespace: "def", parent: "cms_file", attributes }, SEEDER.user);
    }
  }
}

function createFolder(instances: Instances, name: string, parentFolderId: string | undefined): Instance {
  return instances.create({ category: "folder", type: "cms_folder" }, { name, parentFolderId }, SEEDER);
}

async function seedAsset(instances: Instances, content: ContentService, asset: Asset, folder: Instance): Promise<void> {
  if (instances.parts.store.byProperty("asset_key", asset.key).length > 0) return;
  const { key, name, mimeType, bytes } = asset;
  const blob = await content.add(name, mimeType, bytes);
  const hash = (algorithm: string): string => createHash(algorithm).update(bytes).digest("hex");
  const draft = {
    name,
    parentFolderId: folder.id,
    properties: { asset_key: key, approval_state: "APPROVED", effective_from: "2024-01-01", language: "en" },
    traits: { def_integrity: { content: { sha256: hash("sha256"), md5: hash("md5"), bytes: bytes.length } } },
    renditions: [{ name, renditionType: "PRIMARY" as const, source: "FILE_ID", mimeType, size: bytes.length, blob }],
  };
  instances.create({ category: "file", type: "def_asset" }, draft, SEEDER);
}
