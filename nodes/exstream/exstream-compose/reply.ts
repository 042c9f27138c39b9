import { text } from "node:stream/consumers";
import { errorOfBody } from "../../clients/exstream/errors";
import type { ComposeReply } from "../../clients/exstream/exstream";
import { asObject, asText, parseJson } from "../../clients/http/json";
import type { Spool, SpooledContent } from "../../core/content/spool";
import { DocbridgeError } from "../../core/errors";
import type { EnvelopeDocument } from "../../core/intake/envelope";
import { readJsonStream } from "../../core/intake/envelope-stream";
import { FactsBuilder } from "../../core/intake/facts";
import type { Admission } from "../../core/ledger/ledger";
import { type EngineRules, type EngineRun, readEngineReply } from "./engine-reply";

export interface Output extends EnvelopeDocument<SpooledContent> {
  /** Why a person must look at it before it goes on. */
  quarantine?: Admission["quarantine"];
}

export interface Composed {
  outputs: Output[];
  /** Ids of documents that wait in Empower for a person. */
  interactive: string[];
  /** Of the engine service: how the run ended. */
  run?: EngineRun;
  /** What was not composed, although other outputs were. */
  failure?: DocbridgeError;
}

export interface ReplyRules {
  /** Of one output. */
  maxBytes: number;
  /** Of the engine service. */
  engine?: EngineRules;
}

const EMPOWER = "application/vnd.exstream-empower";
/** What names an interactive document is this small; anything larger is the document itself. */
const REFERENCE_BYTES = 4096;

/**
 * The outputs of a composition, their bytes in the spool: decoded as they arrive when they come in an envelope. Throws the
 * failure that a reply with a status of success may hold, `body-unreadable` (wrong base64, no envelope), `body-too-large`,
 * what the spool throws, and of the engine service what `readEngineReply` does.
 */
export async function readReply(reply: ComposeReply, spool: Spool, { maxBytes, engine }: ReplyRules): Promise<Composed> {
  if (reply.kind === "soap") {
    const composed = await readEngineReply(reply.stream, spool, maxBytes, engine);
    if (composed.outputs.length === 0 && !engine?.filesStay) throw nothingComposed();
    return composed;
  }
  if (reply.kind === "bytes") return { outputs: [await bareOutput(reply, spool, maxBytes)], interactive: [] };
  const json = await readJsonStream(reply.stream, (bytes) => spool.put(bytes, { maxBytes }));
  const value = asObject(json.value);
  const failure = errorOfBody(value, reply.status);
  if (failure) throw failure;
  const documentId = asText(value.documentId);
  if (documentId) return { outputs: [], interactive: [documentId] };
  const composed: Composed = { outputs: [], interactive: [] };
  for (const output of json.documents({ channel: "compose", origin: "reply" })) {
    const waiting = await interactiveId(output, spool);
    if (waiting) composed.interactive.push(waiting);
    else composed.outputs.push(output);
  }
  if (composed.outputs.length + composed.interactive.length > 0) return composed;
  throw nothingComposed();
}

async function bareOutput({ stream, mediaType }: ComposeReply, spool: Spool, maxBytes: number): Promise<Output> {
  const content = await spool.put(stream, { maxBytes });
  if (content.size === 0) throw nothingComposed();
  return { content, facts: new FactsBuilder({ channel: "compose", origin: "reply", mediaType }).build() };
}

async function interactiveId({ facts, content }: Output, spool: Spool): Promise<string | undefined> {
  if (facts.mediaType !== EMPOWER || content.size > REFERENCE_BYTES) return undefined;
  return asText(asObject(parseJson(await text(await spool.read(content.sha256)))).documentId);
}

function nothingComposed(): DocbridgeError {
  return new DocbridgeError("unexpected-reply", {
    message: "Exstream answered without any output. Check which outputs the communication has, and which of them the node asks for.",
  });
}
