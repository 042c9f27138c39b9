import { DocbridgeError } from "../errors";
import { FactsBuilder, isRecord } from "./facts";
import { JsonBuilder } from "./json-builder";
import { takeMembers } from "./json-facts";
import { JsonTokenizer } from "./json-tokens";
import type { IntakeContext, IntakeFacts } from "./metadata";
import { chunksOf, type SidecarInput, type SidecarLimits, sidecarLimits } from "./sidecar";

/**
 * Reads a sidecar in JSON: the default form of wire/exstream.md 13.5 (ours), tolerant of missing and additional members.
 * Throws DocbridgeError `sidecar-unreadable` (no JSON object in UTF-8, too large, too deep, a member twice, `__proto__`)
 * and what FactsBuilder throws for a field.
 */
export async function readSidecarJson(input: SidecarInput, context: IntakeContext, limits?: Partial<SidecarLimits>): Promise<IntakeFacts> {
  const { bytes, depth } = sidecarLimits(limits);
  const refuse = (what: string) =>
    new DocbridgeError("sidecar-unreadable", {
      message: `The ${context.origin} ${what}. Correct it where it is written and deliver it again.`,
      subject: context.origin,
    });
  const tokenizer = new JsonTokenizer({
    bytes,
    depth,
    malformed: (what) => refuse(`is no JSON that can be read: it ${what}`),
    tooLarge: () => refuse(`is larger than ${bytes} bytes`),
  });
  const json = new JsonBuilder();
  for await (const chunk of chunksOf(input)) for (const token of tokenizer.write(chunk)) json.take(token);
  for (const token of tokenizer.end()) json.take(token);
  if (!isRecord(json.value)) throw refuse("is JSON, but no object with members");
  const facts = new FactsBuilder(context);
  takeMembers(facts, json.value);
  return facts.build();
}
