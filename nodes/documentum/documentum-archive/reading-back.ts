import { type DocumentumClient, type DocumentumObject, textsOf } from "../../clients/documentum/documentum";
import { DocbridgeError, deservesAnotherAttempt } from "../../core/errors";
import { worthWaiting } from "../../runtime/waiting";

/** A policy nobody can vouch for: the document must not count as archived (wire/documentum.md 20.5). */
export function unconfirmed(objectId: string, why: string, cause?: DocbridgeError): DocbridgeError {
  return new DocbridgeError("policy-unconfirmed", {
    message: `Object ${objectId} is not confirmed to be under its policy: ${why}. It does not count as archived; have the policy applied or the node corrected, then try the document again.`,
    subject: objectId,
    ...(cause ? { cause, status: cause.status, remote: cause.remote } : {}),
  });
}

/** Carries out what applies a policy. A refusal for good is `policy-unconfirmed`; what may pass is thrown as it is. */
export async function confirming<T>(objectId: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof DocbridgeError) || deservesAnotherAttempt(thrown) || worthWaiting(thrown)) throw thrown;
    throw unconfirmed(objectId, `${what} (${thrown.code}). ${thrown.message}`, thrown);
  }
}

/** Values of an attribute of an object that was just read, also when the default view does not show it. */
export async function textsIn(client: DocumentumClient, object: DocumentumObject, name: string, signal: AbortSignal): Promise<string[]> {
  const shown = object.properties[name] !== undefined;
  return textsOf((shown ? object.properties : await client.policies.valuesOf(object, [name], { signal }))[name]);
}
