import type { DocbridgeError, ErrorCode } from "../../core/errors";
import type { FailureReader } from "../http/failures";
import { asObject, asText, excerpt } from "../http/json";

interface Meaning {
  as?: ErrorCode;
  retryable?: boolean;
  ambiguous?: boolean;
  advice?: string;
}

/** `DM_` ids whose meaning does not depend on the status, which a site may map as it likes (wire/documentum.md 22.2). */
const MEANINGS: [RegExp, Meaning][] = [
  [
    /^DM_API_E_BADATTRNAME$/,
    {
      as: "unknown-attribute",
      retryable: false,
      ambiguous: false,
      advice: "The type has no such attribute. Correct the mapping, or the type.",
    },
  ],
  [/^DM_API_E_EXIST$/, { as: "not-found", retryable: false, ambiguous: false, advice: "There is no such object." }],
  [
    /_E_NO_[A-Z]+_ACCESS$|_E_LINK_PERMIT/,
    { as: "permission-denied", retryable: false, ambiguous: false, advice: "The account of the connection lacks the right for this." },
  ],
  [
    /_E_NO_CONTENT_TYPE$/,
    {
      as: "refused",
      retryable: false,
      ambiguous: false,
      advice: "Documentum knows no format for this media type. Set the format in the node.",
    },
  ],
  [
    /_E_(LOCKED|CANT_LOCK|CANT_DELETE_LOCKED)$/,
    { as: "locked", retryable: true, ambiguous: false, advice: "Somebody else has checked the object out." },
  ],
  [/_E_VERSION_MISMATCH$/, { as: "refused", retryable: true, ambiguous: false, advice: "Somebody else has just changed the object." }],
  [
    /RETAIN|RETENTION|IMMUTABLE|FROZEN/,
    { as: "retained", retryable: false, ambiguous: false, advice: "The object is under retention or on hold. It was not changed." },
  ],
];

/**
 * Reads `{status, code, message, details, id}` (wire/documentum.md 22.1). Of `details`, which quotes values, only the
 * `DM_` ids are kept, and the name of the attribute it is about.
 */
export const readDocumentumFailure: FailureReader = (body) => {
  const failure = asObject(body);
  const details = asText(failure.details) ?? "";
  const ids = [...new Set(details.match(/\bDM_[A-Z0-9_]+/g) ?? [])];
  const code = excerpt(failure.code, 80);
  const known = MEANINGS.find(([pattern]) => ids.some((id) => pattern.test(id)))?.[1];
  const meaning = code === "E_INVALID_ATTR_NAME" ? MEANINGS[0]?.[1] : known;
  const message = [excerpt(failure.message), ids.length > 0 ? `[${ids.join(" ")}]` : undefined].filter(Boolean).join(" ");
  return {
    code,
    message: message === "" ? undefined : message,
    id: excerpt(failure.id, 80),
    subject: attributeIn(details) ?? attributeIn(message),
    causes: ids,
    ...meaning,
  };
};

/** The attribute a text speaks of; a name is no value, and everything that could be one is left out. */
function attributeIn(text: string): string | undefined {
  return /\battribute (?:name )?'([A-Za-z_]\w{0,63})'/i.exec(text)?.[1];
}

/** Whether Documentum named this `DM_` id as a cause. */
export function hasCause(thrown: unknown, id: string): thrown is DocbridgeError {
  const remote = typeof thrown === "object" && thrown !== null && "remote" in thrown ? asObject(thrown.remote) : {};
  return new RegExp(`[\\[ ]${id}[\\] ]`).test(asText(remote.message) ?? "");
}
