import { DocbridgeError } from "../../core/errors";
import { type FailureReader, type RemoteFailure, verdictOn } from "../http/failures";
import { asList, asNumber, asObject, asText, excerpt, type JsonObject } from "../http/json";

/** `errorCode` of an import that would overwrite what is there (wire/exstream.md 7). */
const IMPORT_CONFLICT = 309016;

/**
 * Both error shapes of wire/exstream.md section 7, told apart by the type of `status`: an integer in the generic one,
 * the string "error" when orchestration ran but an output failed.
 */
export const readExstreamFailure: FailureReader = (body) => {
  const failure = asObject(body);
  if (failure.status === "error") return outputFailure(failure);
  const said = [asText(failure.message) ?? asText(failure.error), asText(failure.details)].filter((text) => text !== undefined);
  if (asNumber(failure.errorCode) === IMPORT_CONFLICT) {
    const advice = "Resources of the package are there already in another form: choose another policy, or remove them from the package.";
    return { code: String(IMPORT_CONFLICT), message: excerpt(said.join(": ")), as: "conflict", advice, ambiguous: false };
  }
  return { code: failure.errorCode === 0 ? undefined : asText(failure.errorCode), message: excerpt(said.join(": ")) };
};

/**
 * An output that failed. Its inner 401 means that `empowerUser` lacks rights, not that the token is bad
 * (wire/otds.md 6), so it must not lead to a new token.
 */
function outputFailure(body: JsonObject): RemoteFailure {
  const outputs = asList(body.data).map(asObject);
  const inner = asNumber(outputs[0]?.statusCode);
  const said = { code: inner === undefined ? undefined : String(inner), message: excerpt(outputs[0]?.errorMessage), ambiguous: false };
  if (inner === 401 || inner === 403) {
    return { ...said, as: "permission-denied", retryable: false, advice: "The empowerUser of the request lacks rights in Empower." };
  }
  const retryable = inner !== undefined && inner >= 500;
  return { ...said, as: "refused", retryable, advice: "Exstream ran, but an output failed; the job's message file says why." };
}

/** The failure that came with a status of success (`status`), in either shape; undefined when the body is none. */
export function errorOfBody(body: JsonObject, status: number): DocbridgeError | undefined {
  if (body.status === "error") {
    const { as = "refused", advice = "", code, message, retryable } = outputFailure(body);
    return new DocbridgeError(as, {
      message: `An output of the composition failed. ${advice}`,
      retryable,
      status,
      remote: { code, message },
    });
  }
  if (typeof body.status !== "number" || body.status < 400) return undefined;
  const { code, retryable, ambiguous, advice } = verdictOn(body.status);
  const { as = code, code: remote, message } = readExstreamFailure(body, body.status) ?? {};
  return new DocbridgeError(as, {
    message: `The reply has the status ${status}, but says ${body.status}. ${advice}`,
    retryable,
    ambiguous,
    status: body.status,
    remote: { ...(remote ? { code: remote } : {}), ...(message ? { message } : {}) },
  });
}
