import type { NodeDef } from "node-red";

/** What the dialog stores. Numbers are text; what is optional is absent in flows of version 0.1.0, which only knew batches. */
export interface Config extends NodeDef {
  server: string;
  operation?: "batch" | "ondemand" | "fulfil" | "follow" | "stop" | "release" | "reprocess";
  /** How a batch is submitted and followed: default the orchestration service. */
  via?: "orchestration" | "gateway";
  /** The last part of the address of a batch input or of an own on-demand service. */
  service: string;
  /** Of an on-demand call: the built-in service `generate`, an own one, or the engine as a web service on premises. */
  compose?: "generate" | "service" | "engine";
  /** Of on-demand calls and of fulfilling: typed inputs. */
  communicationId?: string;
  communicationIdType?: string;
  driverDataSource?: string;
  driverDataSourceType?: string;
  /** Account that imports interactive documents into Empower. */
  empowerUser?: string;
  dataFrom?: "value" | "template";
  /** Where the driver data is: a typed input. */
  data: string;
  dataType: string;
  /** Mustache over the message. */
  template?: string;
  externalId: string;
  externalIdType: string;
  /** Media type of the one output that is wanted as bytes; empty: all outputs in an envelope. */
  accept?: string;
  /** Of a batch or a job that runs again: stay with the job until it has ended. */
  follow?: boolean;
  pollSeconds?: string;
  followMinutes?: string;
  /** Typed inputs: the job of an operation on one, and the documents in Empower that are fulfilled. */
  jobId?: string;
  jobIdType?: string;
  documents?: string;
  documentsType?: string;
  /** Fulfilled documents stay in Empower. */
  preserveDocuments?: boolean;
  /** A job runs again by the flow that is published now, not by the one it ran by. */
  currentFlow?: boolean;
  /** Of the engine as a web service: a typed input, and names of files as the engine knows them. */
  pubFile?: string;
  pubFileType?: string;
  driverFile?: string;
  driverEncoding?: string;
  outputFile?: string;
  /** A line NAME=VALUE each. */
  engineOptions?: string;
  /** A regular expression of the names of the files that are wanted back. */
  returnFiles?: string;
  /** Files with a higher return code are quarantined. */
  highestReturnCode?: string;
  ledger?: string;
  doneWhen?: "receipts" | "route" | "emitted";
  destinations?: string;
  tenant?: string;
  businessKey?: string;
  parallel?: string;
  maxMegabytes?: string;
  maxInFlight?: string;
  flowTimeoutSeconds?: string;
}
