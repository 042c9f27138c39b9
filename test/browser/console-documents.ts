/** Documents for the console to show: in every state a person decides on, and of every kind the preview knows. */
import type { ConsoleRig } from "../console/rig.ts";
import { deliver, PDF_HEADERS } from "../nodes/deliveries.ts";
import { someBytes } from "../nodes/values.ts";

const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const letter = `<html><head><style>h1 { color: rgb(170, 0, 0) }</style></head><body><h1>Your statement</h1>
<p style="background: rgb(255, 255, 204)">Dear customer</p><script>document.body.textContent = "a script ran"</script>
<img src="x" onerror="document.body.textContent = 'a handler ran'"></body></html>`;

export const previews = {
  html: { type: "text/html", name: "letter.html", bytes: Buffer.from(letter) },
  text: { type: "text/plain", name: "reminder.txt", bytes: Buffer.from("Your invoice is due.\nGrüße") },
  image: { type: "image/png", name: "logo.png", bytes: pixel },
  pdf: { type: "application/pdf", name: "statement.pdf", bytes: Buffer.from("%PDF-1.4\n%%EOF\n") },
  other: { type: "application/zip", name: "bundle.zip", bytes: Buffer.from("PK") },
};

/** Headers of a delivery of a customer and a job. */
export function from(customer: string, job: string, more: Record<string, string> = {}): Record<string, string> {
  return { ...PDF_HEADERS, "X-Exstream-Customer-Number": customer, "X-Exstream-Job-Id": job, ...more };
}

/** Headers of one of many deliveries of a job. */
export function numbered(job: string, at: number): Record<string, string> {
  return from(`C-${at}`, job, { "X-Exstream-File-Name": `letter-${at}.pdf` });
}

/** Delivers so many documents that fail for good, and gives their ids. */
export async function quarantine(rig: ConsoleRig, count: number, job: string): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 1; at <= count; at += 1) {
    ids.push(await rig.deliver("quarantined", numbered(job, at), someBytes()));
  }
  for (const id of ids) await rig.inState(id, "quarantined");
  return ids;
}

/** Delivers two documents under one key and gives the id of the second. */
export async function conflict(rig: ConsoleRig, key: string): Promise<string> {
  const headers = from("C-7", "job-conflict", { "Idempotency-Key": key });
  await rig.deliver("closed", headers, someBytes());
  const { body } = await deliver(`${rig.nodeRed.url}/closed`, headers, someBytes());
  await rig.inState(String(body.documentId), "conflict");
  return String(body.documentId);
}
