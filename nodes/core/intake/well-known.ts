/** Source fields that are plain text, by the names of `DocumentSource`. */
export const IDENTITY_FIELDS = [
  "jobId",
  "flowInstanceId",
  "flowStepId",
  "queueName",
  "customerNumber",
  "communicationId",
  "communicationVersion",
  "externalId",
  "trackerId",
  "idempotencyKey",
] as const;

export type IdentityField = (typeof IDENTITY_FIELDS)[number];

/** Fields of the intake that have a meaning of their own; everything else is metadata. */
export type KnownField =
  | IdentityField
  | "fileName"
  | "mediaType"
  | "size"
  | "sha256"
  | "batchId"
  | "batchSeq"
  | "batchExpected"
  | "variantRole";

const OTHER_NAMES: Record<string, KnownField> = {
  filename: "fileName",
  mimetype: "mediaType",
  mediatype: "mediaType",
  contenttype: "mediaType",
  filemimetype: "mediaType",
  filesize: "size",
  sha256: "sha256",
  filesha256: "sha256",
  batchid: "batchId",
  batchseq: "batchSeq",
  batchexpected: "batchExpected",
  variant: "variantRole",
  variantrole: "variantRole",
};

/** Names the engine and the service gateway have for the same things (wire/exstream.md 9.6). */
const ENGINE_NAMES: Record<string, IdentityField> = {
  customerinrun: "customerNumber",
  syscustomerinrun: "customerNumber",
  sysqueuecurrent: "queueName",
};

const KNOWN = new Map<string, KnownField>([
  ...Object.entries(OTHER_NAMES),
  ...IDENTITY_FIELDS.map((field): [string, KnownField] => [field.toLowerCase(), field]),
]);

const HINTS = new Map<string, IdentityField>([
  ...Object.entries(ENGINE_NAMES),
  ...IDENTITY_FIELDS.filter((field) => field !== "idempotencyKey").map((field): [string, IdentityField] => [field.toLowerCase(), field]),
]);

/** Groups of the default sidecar and the envelope whose members are known by group and name together. */
export const GROUPS: readonly string[] = ["communication", "file", "batch", "engineOutputContext", "recipient", "variant"];

/**
 * The field a name stands for; case, hyphens, underscores, dots and blanks do not matter. In a group the two names are
 * read as one (`file.size`, `communication.id`), but for `engineOutputContext`, whose members have their full names.
 */
export function knownField(name: string, group?: string): KnownField | undefined {
  const prefix = group === undefined || group === "engineOutputContext" ? "" : group;
  return KNOWN.get(folded(`${prefix}${name}`));
}

/** The source field that a free name (a `key`, a metadata member) probably means, used when nothing else tells it. */
export function hintedField(name: string): IdentityField | undefined {
  return HINTS.get(folded(name));
}

function folded(name: string): string {
  return name.replace(/[-_. ]/g, "").toLowerCase();
}
