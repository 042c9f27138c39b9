/** Deliveries to a trigger, in its three forms. */
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { type FlowNode, node } from "./flows.ts";

export interface Answer {
  status: number;
  body: Fields;
  headers: Headers;
}

/** Delivers to a trigger; its answer must be JSON. */
export async function deliver(url: string, headers: Record<string, string>, body: BodyInit): Promise<Answer> {
  const reply = await fetch(url, { method: "POST", headers, body });
  return { status: reply.status, body: (await reply.json()) as Fields, headers: reply.headers };
}

/** Where a statement in PDF comes from, as the raw form says it. */
export const PDF_HEADERS: Record<string, string> = {
  "Content-Type": "application/pdf",
  "X-Exstream-Job-Id": "job-1",
  "X-Exstream-Queue-Name": "PDF_OUT",
  "X-Exstream-Customer-Number": "4711",
  "X-Exstream-File-Name": "statement.pdf",
};

export function partsOf(parts: [name: string, file: File][]): FormData {
  const form = new FormData();
  for (const [name, file] of parts) form.append(name, file);
  return form;
}

/** A trigger that takes deliveries at `/in` from anybody, and is done with a document once it has emitted it to `out`. */
export function httpTrigger(values: Fields = {}): FlowNode {
  const plain = { ledger: "ledger", server: "", path: "/in", secretMode: "none", doneWhen: "emitted", destinations: "", wires: [["out"]] };
  return node("exstream-trigger", "trigger", { ...plain, ...values });
}

/** One document of the envelope form. */
export function envelopeOf(bytes: Buffer, context: Fields): Fields {
  return {
    content: bytes.toString("base64"),
    mimeType: "application/pdf",
    engineOutputContext: context,
    metadata: { accountNumber: "0815" },
  };
}
