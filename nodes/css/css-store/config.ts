import type { Node, NodeAPI, NodeDef } from "node-red";
import { type LifecycleTraits, lifecycleTraits } from "../../core/lifecycle/lifecycle";
import type { ObjectKey } from "../../runtime/business-key";
import { flag, number, text } from "../../runtime/settings";
import type { Patience } from "../../runtime/waiting";
import { type SetTraits, setTraits } from "./set-object";

/** As the editor stores it. A node saved before a field existed does not have it, and works as it did then. */
export interface Config extends NodeDef {
  tenant: string;
  ledger: string;
  destination: string;
  operation: "store" | "version" | "rendition" | "evidence" | "set";
  cmsType: string;
  /** Mustache template over the document. */
  objectName: string;
  /** CMS folder id; empty: the subscription's root, or the folder of the object that evidence belongs to. */
  parentFolder: string;
  /** Type of the object that evidence belongs to. */
  findType: string;
  /** Attribute that holds the business key of the object to add to. */
  findAttribute: string;
  /** Mustache template over the document: the value of that attribute. */
  findValue: string;
  /** Create the first version when there is no such object? */
  createFirst: boolean;
  ifMissing: "quarantine" | "wait";
  /** Of evidence; `store`: without the object, with its key only. */
  evidenceMissing: "store" | "wait" | "quarantine";
  /** Mustache template over the document: tells the renditions of an object apart. */
  renditionName: string;
  /** System name of the trait that links evidence to its document (our convention). */
  evidenceTrait: string;
  /** Mustache template over the document: what the evidence is. */
  evidenceRole: string;
  waitHours: string;
  askAgainSeconds: string;
  /** Attribute of the type that holds the document's deterministic key. */
  keyAttribute: string;
  /** System name of the trait for sha256, md5 and size (our convention); empty: none is written. */
  integrityTrait: string;
  /** Of the system names of the traits that say what an object is under. */
  traitPrefix: string;
  lookUp: "doubt" | "always";
  verify: VerifyRule["by"];
  samplePercent: string;
  parallel: string;
}

export interface VerifyRule {
  by: "read-back" | "sampled" | "server-checksum";
  /** Of 100 documents so many are read back when `sampled`. */
  percent: number;
}

/** What an operation of the node works with, with environment variables put in. */
export interface StoreSettings {
  operation: Config["operation"];
  destination: string;
  cmsType: string;
  objectName: string;
  parentFolder: string;
  find: ObjectKey;
  createFirst: boolean;
  evidenceMissing: Config["evidenceMissing"];
  renditionName: string;
  evidenceTrait: string;
  evidenceRole: string;
  keyAttribute: string;
  integrityTrait: string;
  lifecycle: LifecycleTraits;
  sets: SetTraits;
  verify: VerifyRule;
  patience: Patience;
}

/** Throws `configuration` for a number that is none. */
export function readConfig(RED: NodeAPI, node: Node, config: Config): StoreSettings {
  const read = (value: string | undefined) => text(RED, node, value);
  const operation = config.operation ?? "store";
  const evidenceMissing = config.evidenceMissing ?? "store";
  const cmsType = read(config.cmsType);
  const prefix = read(config.traitPrefix) || "def";
  return {
    operation,
    destination: read(config.destination),
    cmsType,
    objectName: read(config.objectName),
    parentFolder: read(config.parentFolder),
    find: {
      type: operation === "evidence" ? read(config.findType) : cmsType,
      attribute: read(config.findAttribute),
      value: read(config.findValue),
      wait: (operation === "evidence" ? evidenceMissing : config.ifMissing) === "wait",
    },
    createFirst: flag(config.createFirst, false),
    evidenceMissing,
    renditionName: read(config.renditionName),
    evidenceTrait: read(config.evidenceTrait),
    evidenceRole: read(config.evidenceRole),
    keyAttribute: read(config.keyAttribute),
    integrityTrait: read(config.integrityTrait),
    lifecycle: lifecycleTraits(prefix),
    sets: setTraits(prefix),
    verify: { by: config.verify, percent: number(config.samplePercent, "samplePercent", 10) },
    patience: {
      longestMs: number(config.waitHours, "waitHours", 24) * 3_600_000,
      againMs: number(config.askAgainSeconds, "askAgainSeconds", 60) * 1000,
    },
  };
}
