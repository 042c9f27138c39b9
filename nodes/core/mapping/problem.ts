import { DocbridgeError, type ErrorCode } from "../errors";

/** A problem with one attribute; the message names attributes, rules and lengths, never values. */
export function problem(code: ErrorCode, attribute: string, rule: string): DocbridgeError {
  return new DocbridgeError(code, { message: `Attribute "${attribute}" ${rule}`, subject: attribute });
}

/**
 * All problems of a document as one error, or undefined when there are none. Its code is the common code of the
 * problems, or `invalid-metadata` when they differ; its subject lists the attributes.
 */
export function combine(problems: readonly DocbridgeError[]): DocbridgeError | undefined {
  const [first, ...others] = problems;
  if (!first || others.length === 0) return first;
  return new DocbridgeError(others.every(({ code }) => code === first.code) ? first.code : "invalid-metadata", {
    message: `${problems.length} problems with the metadata: ${problems.map(({ message }, at) => `(${at + 1}) ${message}`).join(" ")}`,
    retryable: problems.every(({ retryable }) => retryable),
    subject: [...new Set(problems.flatMap(({ subject }) => subject ?? []))].join(", "),
    cause: new AggregateError(problems),
  });
}
