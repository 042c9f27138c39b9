import { DocbridgeError, type ErrorCode } from "../../errors";

/** A SOAP fault, of either version; its detail (`EngineServiceException`) has no public fields. */
export interface EwsFault {
  /** `soap:Client` and `soap:Server`, or their successors `Sender` and `Receiver`. */
  code?: string;
  subcode?: string;
  reason?: string;
}

/** Of WS-Security: the sign-in was refused. */
const SIGN_IN = /^(FailedAuthentication|FailedCheck|InvalidSecurity|InvalidSecurityToken|SecurityTokenUnavailable)$/;
const LONGEST_REASON = 300;

/** The failure a fault stands for; its reason may tell of customers, so it is not in the message. */
export function faultError({ code = "", subcode = "", reason = "" }: EwsFault): DocbridgeError {
  const names = [code, subcode].map((name) => name.slice(name.lastIndexOf(":") + 1)).filter((name) => /^[\w.-]{1,80}$/.test(name));
  const verdict = verdictOn(names);
  return new DocbridgeError(verdict.code, {
    message: `The engine service answered with a fault${names.length > 0 ? ` (${names.join(", ")})` : ""}. ${verdict.advice}`,
    retryable: verdict.code === "server-error",
    status: 500,
    remote: { ...(names.length > 0 ? { code: names.join(", ") } : {}), ...(reason === "" ? {} : { message: excerpt(reason) }) },
  });
}

function verdictOn(names: string[]): { code: ErrorCode; advice: string } {
  if (names.some((name) => SIGN_IN.test(name))) {
    return { code: "authentication-failed", advice: "Check the sign-in of the engine service in the connection." };
  }
  if (names.some((name) => /^(Server|Receiver)\b/.test(name))) {
    return { code: "server-error", advice: "The engine failed; the log of the service says why." };
  }
  return {
    code: "refused",
    advice: "It does not take the request as it is: check package file, engine options, driver data and sign-in.",
  };
}

function excerpt(text: string): string {
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text;
}
