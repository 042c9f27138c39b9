import type { Customer } from "../compose/customer";
import type { JobRecord, OutputRecord } from "../jobs/record-types";
import { COMMUNICATION } from "../seed";
import { xmlText } from "../xml";

/** What goes along with a document: the default sidecar of wire/exstream.md 13.5 plus totals and batch. */
export interface Metadata {
  schemaVersion: 1;
  jobId: string;
  flowInstanceId: string;
  flowStepId: string;
  externalId?: string;
  communication: { id: string; name: string; version: number };
  queueName: string;
  channel: string;
  customerNumber: string;
  file: { name: string; mimeType: string; size: number; sha256: string; pages: number };
  recipient: { name: string; address: string[]; email?: string; mobile?: string; language: string };
  keys: OutputRecord["keys"];
  totals: OutputRecord["totals"];
  /** Place among, and number of, the outputs of this job that this receiver gets. */
  batch: { seq: number; expected: number };
  createdAt: string;
}

export function metadataOf(job: JobRecord, output: OutputRecord, customer: Customer, batch: Metadata["batch"]): Metadata {
  return {
    schemaVersion: 1,
    jobId: job.id,
    flowInstanceId: output.flowInstanceId,
    flowStepId: output.flowStepId,
    externalId: job.externalId,
    communication: { id: COMMUNICATION.id, name: COMMUNICATION.name, version: job.run.communication.version },
    queueName: output.queueName,
    channel: output.channel,
    customerNumber: output.customerNumber,
    file: { name: output.fileName, mimeType: output.mimeType, size: output.size, sha256: output.sha256, pages: output.pages },
    recipient: {
      name: customer.name,
      address: customer.address,
      email: customer.email,
      mobile: customer.mobile,
      language: customer.language,
    },
    keys: output.keys,
    totals: output.totals,
    batch,
    createdAt: output.createdAt,
  };
}

/** File name without extension, as `engineOutputContext` names it (wire/exstream.md 4.1). */
export function stemOf(fileName: string): string {
  return fileName.slice(0, fileName.lastIndexOf("."));
}

/** `engineOutputContext` of an output. */
export function outputContext(output: { queueName: string; fileName: string; customerNumber: string }): Record<string, string> {
  return { queueName: output.queueName, fileName: stemOf(output.fileName), customerNumber: output.customerNumber };
}

/**
 * The metadata as name and value, one level deep: `AccountNumber`, `RecipientName`, `FileSha256`. The groups `keys` and
 * `totals` give their members no prefix.
 */
export function flat(metadata: Metadata): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const add = (prefix: string, fields: object) => {
    for (const [name, value] of Object.entries(fields)) {
      const full = prefix + name.charAt(0).toUpperCase() + name.slice(1);
      if (value === undefined) continue;
      if (Array.isArray(value)) pairs.push([full, value.join(", ")]);
      else if (typeof value === "object") add(name === "keys" || name === "totals" ? "" : full, value);
      else pairs.push([full, String(value)]);
    }
  };
  add("", metadata);
  return pairs;
}

/** Sidecar as XML: root `document`, an element for every field, repeated for lists. */
export function xmlSidecar(metadata: Metadata): string {
  const element = (name: string, value: unknown, indent: string): string => {
    if (value === undefined) return "";
    if (Array.isArray(value)) return value.map((each) => element(name, each, indent)).join("");
    if (typeof value !== "object") return `${indent}<${name}>${xmlText(value as string | number)}</${name}>\n`;
    const inside = Object.entries(value as object).map(([member, each]) => element(member, each, `${indent}  `));
    return `${indent}<${name}>\n${inside.join("")}${indent}</${name}>\n`;
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("document", metadata, "")}`;
}

/** Sidecar in the manner of wire/exstream.md 9.4: `MDAS` with `entity`, `ACL` and the values below `attr`. */
export function mdasSidecar(metadata: Metadata): string {
  const values = flat(metadata).map(([name, value]) => `    <${name}>${cdata(value)}</${name}>\n`);
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<MDAS>\n  <entity>Statement</entity>\n  <ACL>Public</ACL>\n` +
    `  <attr>\n${values.join("")}  </attr>\n</MDAS>\n`
  );
}

function cdata(value: string): string {
  return /[&<>"]/.test(value) ? `<![CDATA[${value.replaceAll("]]>", "]]]]><![CDATA[>")}]]>` : xmlText(value);
}
