import { DOMAIN } from "../seed";

export const STATES = ["DRAFT", "REVIEW", "APPROVED", "REJECTED"] as const;
export type State = (typeof STATES)[number];

/** Store kind `resource`: one version of an asset (wire/exstream.md 10.1), with `<id>@<version>` as id. */
export interface ResourceRecord {
  id: string;
  version: number;
  name: string;
  type: string;
  state: State;
  description: string;
  stateComment: string;
  locked: boolean;
  lockedBy?: string;
  createdBy: string;
  /** ISO 8601, like all dates of the design service. */
  createdDate: string;
  lastModifiedBy: string;
  lastModifiedDate: string;
  effectiveStart?: string;
  effectiveEnd?: string;
  metadata: { subtype?: string };
  approvedBy?: string;
  /** By kind: `content`, `thumbnail`, `manifest`, `old`. */
  contents: Record<string, ContentRecord>;
}

/** Bytes of a resource; they lie in the content file of the name, which is never written to again. */
export interface ContentRecord {
  file: string;
  mimeType: string;
  size: number;
  sha256: string;
}

/** Store kind `history`: something that was done to a resource, with the number of the entry as id. */
export interface HistoryRecord {
  id: string;
  version: number;
  state: State;
  type: string;
  modifiedBy: string;
  modifiedDate: string;
  operation: "INSERT" | "UPDATE";
  historyType: "CREATE" | "STATE" | "METADATA" | "CONTENT";
  auditedComment?: string;
}

/** Store kind `link`: a version of the subject uses the object (wire/exstream.md 10.5). */
export interface LinkRecord {
  linkSubjectId: string;
  subjectVersion: number;
  linkObjectId: string;
}

/** Store kind `collection`: the asset versions a composition used (wire/exstream.md 10.7). */
export interface CollectionRecord {
  resources: { id: string; version: number }[];
}

export type Workflow = "NORMAL" | "SIMPLE";

/** The transition table of wire/exstream.md 10.2. APPROVED to DRAFT makes a new version. */
export const TRANSITIONS: Record<Workflow, Partial<Record<State, State[]>>> = {
  NORMAL: { DRAFT: ["REVIEW"], REVIEW: ["APPROVED", "REJECTED"], REJECTED: ["DRAFT"], APPROVED: ["DRAFT"] },
  SIMPLE: { DRAFT: ["APPROVED"], APPROVED: ["DRAFT"] },
};

/** Types a resource may be created with: the assets of wire/exstream.md 10.1 and the vendor's description. */
export const TYPES = [
  ..."exstrapplication exstrcommunicationset exstrdocument exstrpage exstrparagraph exstrparagraphsection exstrtextmessage".split(" "),
  ..."exstrgraphicalmessage exstremail exstrhtml5 exstrdatasource exstroutput exstroutputqueue exstrrule exstrstylesheet".split(" "),
  ..."image pdf font samplefile versionedtemplate documentdefinition flowmodel orcsettings enginerundef resourcepack".split(" "),
];

/** A version as a reply shows it. */
export function shownResource(record: ResourceRecord, latestVersion: boolean): Record<string, unknown> {
  const { contents, approvedBy: _approvedBy, ...fields } = record;
  return {
    ...fields,
    latestVersion,
    domains: [{ id: DOMAIN }],
    categories: [],
    variants: [],
    hidden: false,
    contentMimeType: contents.content?.mimeType,
    approvalInfo: { state: record.state, pending: record.state === "REVIEW", approvals: approvalsOf(record) },
  };
}

function approvalsOf({ state, approvedBy }: ResourceRecord): object[] {
  if (state === "REVIEW") return [{ role: "approver", level: 1, approved: false, pending: true }];
  return approvedBy ? [{ role: "approver", level: 1, approved: true, pending: false }] : [];
}
