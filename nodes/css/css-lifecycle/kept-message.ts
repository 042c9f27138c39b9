import type { NodeMessage } from "node-red";
import { DocbridgeError } from "../../core/errors";

/** What is kept of a message at most, characters of JSON: a promise is no store for bytes. */
const LARGEST = 1_000_000;

/** A message as it can wait on disk: without the open HTTP request. Throws `invalid-message`. */
export function kept(message: NodeMessage): unknown {
  const { req: _request, res: _response, ...rest } = message as { req?: unknown; res?: unknown };
  let text: string;
  try {
    text = JSON.stringify(rest);
  } catch (cause) {
    throw refused("cannot be written as JSON", cause);
  }
  if (text.length > LARGEST) throw refused(`is larger than ${LARGEST} characters of JSON`);
  return JSON.parse(text);
}

/** The message again; buffers are buffers again. */
export function restored(message: unknown): NodeMessage {
  return JSON.parse(JSON.stringify(message), (_name, value) =>
    value?.type === "Buffer" && Array.isArray(value.data) ? Buffer.from(value.data) : value,
  );
}

function refused(why: string, cause?: unknown): DocbridgeError {
  return new DocbridgeError("invalid-message", {
    message: `The message ${why}, so it cannot wait for its object. Take out what is not needed before this node, or send a document.`,
    subject: "msg",
    ...(cause ? { cause } : {}),
  });
}
