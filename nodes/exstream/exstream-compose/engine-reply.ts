import type { Readable } from "node:stream";
import type { Spool, SpooledContent } from "../../core/content/spool";
import { DocbridgeError } from "../../core/errors";
import type { EngineMessage } from "../../core/intake/ews/messages";
import { readEwsReply } from "../../core/intake/ews/reply";
import type { Composed } from "./reply";

/** How a run of the engine ended, for whoever looks at it; nothing in it is of a customer but perhaps `status`. */
export interface EngineRun {
  files: number;
  /** In the engine's own words. */
  status?: string;
  messages: EngineMessage[];
}

export interface EngineRules {
  /** Files with a higher return code are quarantined; default 0. */
  highestReturnCode?: number;
  /** Files are written where the engine is (option OUTPUTDIRECTORY), and none comes back. */
  filesStay?: boolean;
}

const NAMED_CODES = 10;

/**
 * The files of a Compose call, their bytes in the spool. A file whose return code is above `highestReturnCode` is quarantined;
 * a run whose messages tell of errors has a `failure`, for what it did not compose. Throws what `readEwsReply` and the spool
 * throw, and the failure itself where there is no file.
 */
export async function readEngineReply(
  stream: Readable,
  spool: Spool,
  maxBytes: number,
  { highestReturnCode = 0 }: EngineRules = {},
): Promise<Composed> {
  const { documents, statusMessage, messages } = await readEwsReply<SpooledContent>(
    stream,
    { channel: "compose", origin: "reply of the engine service" },
    (bytes) => spool.put(bytes, { maxBytes }),
  );
  const failure = messages.failures.length > 0 ? failed(messages.failures, statusMessage) : undefined;
  if (documents.length === 0 && failure) throw failure;
  const outputs = documents.map(({ returnCode = 0, ...output }) => ({
    ...output,
    ...(returnCode > highestReturnCode ? { quarantine: suspicious(returnCode) } : {}),
  }));
  const run = { files: documents.length, ...(statusMessage === undefined ? {} : { status: statusMessage }), messages: messages.all };
  return { outputs, interactive: [], run, ...(failure ? { failure } : {}) };
}

function failed(failures: EngineMessage[], statusMessage: string | undefined): DocbridgeError {
  const named = failures.slice(0, NAMED_CODES).map(({ code, count }) => (count === 1 ? code : `${code} ${count} times`));
  const more = failures.length > NAMED_CODES ? ` and ${failures.length - NAMED_CODES} other codes` : "";
  return new DocbridgeError("not-composed", {
    message: `The engine reports errors: ${named.join(", ")}${more}. What it composed all the same was taken in; its message file says what is missing.`,
    remote: { code: failures[0]?.code, ...(statusMessage === undefined ? {} : { message: statusMessage.slice(0, 300) }) },
  });
}

function suspicious(returnCode: number) {
  const message = `The engine gave this file the return code ${returnCode}, above the highest one the node takes. Its bytes are kept; look at them, then release or reject the document.`;
  return { code: "not-composed" as const, message };
}
