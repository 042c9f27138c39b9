import { type Bytes, chunksOf } from "../chunks";
import { FactsBuilder, isRecord } from "../facts";
import { JsonBuilder } from "../json/builder";
import { takeMembers } from "../json/facts";
import { JsonTokenizer } from "../json/tokens";
import type { IntakeContext, IntakeFacts } from "../metadata";
import { type SidecarLimits, sidecarLimits, unreadableSidecar } from "./sidecar";

/**
 * Reads a sidecar in JSON: the default form of wire/exstream.md 13.5 (ours), tolerant of missing and additional members.
 * Throws DocbridgeError `sidecar-unreadable` (no JSON object in UTF-8, too large, too deep, a member twice, `__proto__`)
 * and what FactsBuilder throws for a field.
 */
export async function readSidecarJson(input: Bytes, context: IntakeContext, limits?: Partial<SidecarLimits>): Promise<IntakeFacts> {
  const { bytes, depth } = sidecarLimits(limits);
  const tokenizer = new JsonTokenizer({
    bytes,
    depth,
    malformed: (what) => unreadableSidecar(context, `is no JSON that can be read: it ${what}`),
    tooLarge: () => unreadableSidecar(context, `is larger than ${bytes} bytes`),
  });
  const json = new JsonBuilder();
  for await (const chunk of chunksOf(input, "sidecar-unreadable", context.origin)) {
    for (const token of tokenizer.write(chunk)) json.take(token);
  }
  for (const token of tokenizer.end()) json.take(token);
  if (!isRecord(json.value)) throw unreadableSidecar(context, "is JSON, but no object with members");
  const facts = new FactsBuilder(context);
  takeMembers(facts, json.value);
  return facts.build();
}
