import type { Node, NodeAPI, NodeDef } from "node-red";
import type { ObjectKey } from "../../runtime/business-key";
import { flag, names, number, text } from "../../runtime/settings";
import type { Patience } from "../../runtime/waiting";
import type { AclRule } from "./acl";
import type { AnnotationRule } from "./annotation";
import type { BatchRule } from "./batched-creates";
import type { CaseRule } from "./case-link";
import type { ProofRule } from "./retention";
import type { RetentionRule } from "./retention-mechanisms";

/** As the editor stores it. A node saved before a field existed does not have it, and works as it did then. */
export interface Config extends NodeDef {
  repository: string;
  ledger: string;
  destination: string;
  operation: "create" | "version" | "rendition" | "annotate";
  objectType: string;
  /** Mustache template over the document. */
  folderPath: string;
  /** Mustache template over the document. */
  objectName: string;
  /** Attribute of the type that holds the document's deterministic key. */
  keyAttribute: string;
  /** Attribute that holds the business key of the object to add to. */
  findAttribute: string;
  /** Mustache template over the document: the value of that attribute. */
  findValue: string;
  /** Create the first version when there is no such object? */
  createFirst: boolean;
  ifMissing: "quarantine" | "wait";
  versionPolicy: "minor" | "major";
  /** From 0. */
  renditionPage: string;
  /** Mustache template over the document; empty: none. */
  renditionModifier: string;
  annotateAs: "attributes" | "auto" | "record";
  markAttribute: string;
  recordType: string;
  /** Mustache template over the document. */
  recordFolder: string;
  relationName: string;
  /** A site's own attribute that stands for a hold; empty: none. */
  holdAttribute: string;
  fileInCase: boolean;
  caseType: string;
  /** Attribute that holds the case's key. */
  caseAttribute: string;
  /** Mustache template over the document: the value of that attribute. */
  caseValue: string;
  caseMissing: "quarantine" | "wait" | "create";
  /** Mustache template over the document: path of a case that is created. */
  casePath: string;
  /** Attribute that says that a case takes nothing any more; empty: every case is open. */
  closedAttribute: string;
  /** Its values that say so, separated by commas. */
  closedValues: string;
  /** Mustache templates over the document; empty: the server's own choice. */
  aclName: string;
  aclDomain: string;
  retention: "none" | "folder" | "lifecycle" | "aspect" | "attributes" | "extension";
  /** Mustache template over the document: path of a folder that is there. */
  governedFolder: string;
  lifecycleName: string;
  /** Empty: the lifecycle's first state. */
  lifecycleState: string;
  aspectName: string;
  extensionMethod: "POST" | "PUT" | "GET";
  /** Mustache templates over the document and its receipt. */
  extensionUrl: string;
  extensionBody: string;
  proofBy: "attribute" | "relation";
  proofName: string;
  /** Mustache template over the document; empty: any value. */
  proofValue: string;
  proofSeconds: string;
  waitHours: string;
  askAgainSeconds: string;
  /** Documentum format; empty: by media type, as the server maps it. */
  format: string;
  /** Small documents created in one request, at most; 0: each for itself. */
  batchSize: string;
  /** What counts as small. */
  batchKilobytes: string;
  lookUp: "doubt" | "always";
  verify: "read-back" | "size";
  parallel: string;
}

/** What an archiving node of Documentum does, with environment variables put in. */
export interface ArchiveSettings {
  operation: NonNullable<Config["operation"]>;
  destination: string;
  objectType: string;
  folderPath: string;
  objectName: string;
  keyAttribute: string;
  format: string;
  verify: Config["verify"];
  find: ObjectKey;
  createFirst: boolean;
  versionPolicy: NonNullable<Config["versionPolicy"]>;
  renditionPage: number;
  renditionModifier: string;
  annotation: AnnotationRule;
  holdAttribute: string;
  caseRule?: CaseRule;
  acl?: AclRule;
  retention?: RetentionRule;
  proof: ProofRule;
  batch: BatchRule;
  patience: Patience;
}

/** Throws `configuration` for a number that is none. */
export function readConfig(RED: NodeAPI, node: Node, config: Config): ArchiveSettings {
  const read = (value: string | undefined) => text(RED, node, value);
  const objectType = read(config.objectType);
  return {
    operation: config.operation ?? "create",
    destination: read(config.destination),
    objectType,
    folderPath: read(config.folderPath),
    objectName: read(config.objectName),
    keyAttribute: read(config.keyAttribute),
    format: read(config.format),
    verify: config.verify,
    find: {
      type: objectType,
      attribute: read(config.findAttribute),
      value: read(config.findValue),
      wait: config.ifMissing === "wait",
    },
    createFirst: flag(config.createFirst, false),
    versionPolicy: config.versionPolicy ?? "minor",
    renditionPage: number(config.renditionPage, "renditionPage", 0),
    renditionModifier: read(config.renditionModifier),
    annotation: {
      as: config.annotateAs ?? "attributes",
      markAttribute: read(config.markAttribute),
      recordType: read(config.recordType),
      recordFolder: read(config.recordFolder),
      relation: read(config.relationName),
    },
    holdAttribute: read(config.holdAttribute),
    ...(flag(config.fileInCase, false) ? { caseRule: readCase(config, read) } : {}),
    ...(read(config.aclName) ? { acl: { name: read(config.aclName), domain: read(config.aclDomain) } } : {}),
    retention: readRetention(config, read),
    proof: {
      by: config.proofBy ?? "attribute",
      name: read(config.proofName),
      value: read(config.proofValue),
      withinMs: number(config.proofSeconds, "proofSeconds", 10) * 1000,
    },
    batch: {
      size: number(config.batchSize, "batchSize", 0),
      largest: number(config.batchKilobytes, "batchKilobytes", 64) * 1024,
    },
    patience: {
      longestMs: number(config.waitHours, "waitHours", 24) * 3_600_000,
      againMs: number(config.askAgainSeconds, "askAgainSeconds", 60) * 1000,
    },
  };
}

function readCase(config: Config, read: (value: string | undefined) => string): CaseRule {
  const missing = config.caseMissing ?? "quarantine";
  return {
    key: { type: read(config.caseType), attribute: read(config.caseAttribute), value: read(config.caseValue), wait: missing === "wait" },
    missing,
    path: read(config.casePath),
    closedAttribute: read(config.closedAttribute),
    closedValues: names(read(config.closedValues)).map((value) => value.toLowerCase()),
  };
}

function readRetention(config: Config, read: (value: string | undefined) => string): RetentionRule | undefined {
  switch (config.retention) {
    case "folder":
      return { by: "folder", folder: read(config.governedFolder) };
    case "lifecycle":
      return { by: "lifecycle", lifecycle: read(config.lifecycleName), state: read(config.lifecycleState) };
    case "aspect":
      return { by: "aspect", aspect: read(config.aspectName) };
    case "attributes":
      return { by: "attributes" };
    case "extension":
      return { by: "extension", method: config.extensionMethod, url: read(config.extensionUrl), body: read(config.extensionBody) };
    default:
      return undefined;
  }
}
