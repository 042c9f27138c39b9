import { createHash } from "node:crypto";
import type { Instance } from "../../clients/cms/cms";
import { instanceName, type Traits } from "../../clients/cms/instance";
import { asObject, asText, type JsonObject } from "../../clients/http/json";
import { externalResources } from "../../core/content/external-resources";
import type { ContentReference } from "../../core/content/reference";
import type { DocumentSource } from "../../core/document";
import type { StoredFile } from "../../core/ledger/ledger";

/** Name of the one instance of the set trait on an object (our convention). */
const MAIN = "main";
/** Name of the rendition that lists the hashes of the members, as in a bag (RFC 8493, section 2.1.3). */
export const MANIFEST = "manifest-sha256.txt";
/** An attribute of a trait holds no more than this; the total is noted beside them. */
const RESOURCES = 100;
export const RESOURCE_LENGTH = 1024;

/** System names of the traits of a stored set: our convention. */
export interface SetTraits {
  /** What the set as a whole is. */
  set: string;
  /** One named instance for each member. */
  variant: string;
}

export function setTraits(prefix: string): SetTraits {
  return { set: `${prefix}_variant_set`, variant: `${prefix}_variant` };
}

/** A document of a set with its bytes here. */
export interface SetMember {
  role: string;
  key: string;
  content: ContentReference;
  source: DocumentSource;
  metadata: Record<string, unknown>;
  /** Milliseconds since 1970. */
  receivedAt: number;
}

/** What the object of a set says of a member. */
export interface SetEntry {
  role: string;
  document_key: string;
  content_id: string;
  sha256: string;
  bytes: number;
  media_type: string;
  file_name: string;
  /** ISO 8601. */
  received_at: string;
  md5?: string;
  derived_from?: string;
  /** External resources that an HTML member loads, the first of them where there are very many. */
  resources?: string[];
  resources_total?: number;
}

/** What is said of a member whose bytes are stored. */
export async function entryOf(member: SetMember, { contentId, checksum }: StoredFile): Promise<SetEntry> {
  const { role, key, content, receivedAt } = member;
  const resources = content.mediaType === "text/html" ? await externalResources(await content.open()) : [];
  const derivedFrom = originOf(member);
  return {
    role,
    document_key: key,
    content_id: contentId,
    sha256: content.sha256,
    bytes: content.size,
    media_type: content.mediaType,
    file_name: content.fileName,
    received_at: new Date(receivedAt).toISOString(),
    ...(checksum?.algorithm === "md5" ? { md5: checksum.value } : {}),
    ...(derivedFrom ? { derived_from: derivedFrom } : {}),
    ...(resources.length > 0
      ? { resources: resources.slice(0, RESOURCES).map((each) => each.slice(0, RESOURCE_LENGTH)), resources_total: resources.length }
      : {}),
  };
}

/** What the delivery says it was derived from; else the communication all variants are composed from, or their job. */
function originOf({ metadata, source }: SetMember): string | undefined {
  if (typeof metadata.derivedFrom === "string") return metadata.derivedFrom;
  const { communicationId, communicationVersion, jobId } = source;
  if (!communicationId) return jobId;
  return communicationVersion ? `${communicationId}/${communicationVersion}` : communicationId;
}

/** The members that an object of a set lists. */
export function entriesOf({ traits }: Instance, names: SetTraits): SetEntry[] {
  return Object.values(asObject(traits[names.variant])).map((values) => asObject(values) as unknown as SetEntry);
}

/** Lines of hash and path of every member. The paths follow from roles and file names, so they stay in the bag. */
export function manifestOf(entries: SetEntry[]): Buffer {
  const part = (name: string) => encodeURIComponent(name).replace(/^\.+$/, (dots) => dots.replaceAll(".", "%2E"));
  return Buffer.from(entries.map(({ sha256, role, file_name }) => `${sha256}  data/${part(role)}/${part(file_name)}\n`).join(""));
}

/** The traits of a set: what it lists, what is missing, and since when it is closed. */
export function traitsOf(
  entries: SetEntry[],
  about: { communication: string; expected: string[]; late: string[] },
  names: SetTraits,
): Traits {
  const { communication, expected, late } = about;
  const present = entries.map(({ role }) => role);
  const missing = expected.filter((role) => !present.includes(role));
  const main: JsonObject = {
    communication,
    expected,
    present,
    missing,
    late,
    manifest_sha256: createHash("sha256").update(manifestOf(entries)).digest("hex"),
    ...(missing.length === 0
      ? { state: "complete", reason: null, closed_at: new Date().toISOString() }
      : { state: "incomplete", reason: `incomplete: ${missing.join(", ")} missing`.slice(0, 255), closed_at: null }),
  };
  return {
    [names.set]: { [MAIN]: main },
    [names.variant]: Object.fromEntries(entries.map((entry) => [instanceName(entry.role, "role"), { ...entry }])),
  };
}

/** What the object says of the set as a whole. */
export function mainOf({ traits }: Instance, names: SetTraits): { communication: string; expected: string[]; late: string[] } {
  const main = asObject(asObject(traits[names.set])[MAIN]);
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  return { communication: asText(main.communication) ?? "", expected: list(main.expected), late: list(main.late) };
}
