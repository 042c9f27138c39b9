import type { NodeDef } from "node-red";

/** What the dialog stores. Numbers are text, and so is everything that `${ENV}` replaced. */
export interface Config extends NodeDef {
  server: string;
  /** Its spool keeps bytes on their way. */
  ledger: string;
  operation: "list" | "fetch" | "create" | "content" | "state" | "export" | "import" | "run";
  /** Typed input: id of the resource. */
  resource: string;
  resourceType: string;
  /** Typed input: id of the job whose asset versions are asked for. */
  job: string;
  jobType: string;
  /** Of a list: names of types and states, separated by commas; empty: all. */
  types: string;
  states: string;
  onlyLatest: boolean;
  limit: string;
  /** Of what is fetched: number of a version, empty: the latest in `ofState`, or of all. */
  ofVersion: string;
  ofState: "" | "DRAFT" | "REVIEW" | "APPROVED" | "REJECTED";
  /** Of what is created; typed input. */
  title: string;
  titleType: string;
  kind: string;
  subtype: string;
  toState: "DRAFT" | "REVIEW" | "APPROVED" | "REJECTED";
  /** Typed input: the audited comment. */
  comment: string;
  commentType: string;
  versions: "LATEST_APPROVED" | "LATEST" | "ALL";
  packageType: "das" | "migrator";
  /** False: a dry run. */
  commit: boolean;
  policy: "ERROR" | "SKIP" | "EXISTING" | "AUTO_RENAME" | "REPLACE_IF_NEWER" | "REPLACE";
}
