import type { NodeDef } from "node-red";

/** What the dialog stores. Numbers are text, and so is everything that `${ENV}` replaced. */
export interface Config extends NodeDef {
  ledger: string;
  server: string;
  mode: "http" | "folder" | "jobs" | "gateway" | "events";
  path: string;
  form: "auto" | "raw" | "multipart" | "envelope";
  secretMode: "required" | "none";
  maxMegabytes: string;
  sandboxDelivers: boolean;
  folder: string;
  /** Absent in flows of version 0.1.0: sidecars. */
  describedBy?: "sidecar" | "index" | "delivery";
  sidecar: "auto" | "json" | "xml";
  /** Of lists; `*` stands for anything. */
  listName: string;
  /** Separators as a person writes them, see core/intake/separator.ts. */
  separator: string;
  /** Empty: line breaks. */
  recordSeparator: string;
  quote: string;
  header: boolean;
  columns: string;
  pathColumn: string;
  encoding: "utf-8" | "windows-1252" | "iso-8859-15";
  /** Of a delivery file: Mustache template of the document's path over the values of a customer. */
  fileTemplate: string;
  /** Empty: beside their list. */
  documentsFolder: string;
  /** Of a delivery file: other names of keys, see core/intake/names.ts. */
  keyNames: string;
  services: string;
  sinceDays: string;
  jobPollSeconds: string;
  deadlineMinutes: string;
  fetchBy: "artifact" | "customer";
  errorReport: string;
  reportColumns: string;
  /** Of the service gateway: states in which documents wait to be settled; their codes are not public. */
  gatewayHeld?: string;
  gatewayConnectors?: string;
  /** Mustache template of the address of a document's bytes, below the gateway's root. */
  gatewayAddress?: string;
  /** Of delivery events: path of the webhook. */
  eventPath: string;
  signatureHeader: string;
  signatureAlgorithm: "sha256" | "sha512" | "sha1";
  signatureEncoding: "hex" | "base64";
  /** Empty: the time of sending is not signed. */
  timestampHeader: string;
  toleranceSeconds: string;
  /** The sender's words for what happened, and ours. */
  eventTypes: string;
  /** Other names of an event's fields. */
  eventNames: string;
  matchBy: "key" | "communication" | "job" | "business-key";
  /** Mustache template over the event, with `business-key`. */
  matchKey: string;
  waitHours: string;
  pollEvents: boolean;
  metricsPath: string;
  eventPollSeconds: string;
  completion: "stable" | "marker";
  marker: string;
  pollSeconds: string;
  stablePolls: string;
  orphanSeconds: string;
  tenant: string;
  businessKey: string;
  maxInFlight: string;
  doneWhen: "receipts" | "route" | "emitted";
  destinations: string;
  flowTimeoutSeconds: string;
  /** Second output: what becomes of batches. */
  batchEvents: boolean;
  /** For the editor: 2 with batch events. */
  outputs: number;
}
