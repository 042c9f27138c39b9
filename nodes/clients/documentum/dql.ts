import { DocbridgeError } from "../../core/errors";

/**
 * A value as a DQL string literal: quotes are doubled. Throws `invalid-metadata` for control characters, which no
 * attribute of a key holds and which some servers cut a statement at.
 */
export function dqlQuote(value: string): string {
  if ([...value].some((character) => character < " " || character === "\u007f")) {
    throw new DocbridgeError("invalid-metadata", {
      message: "A value to search for in Documentum holds control characters. Correct the mapping.",
    });
  }
  return `'${value.replaceAll("'", "''")}'`;
}

/** The name of a type or attribute, checked, because names cannot be quoted in DQL. Throws `configuration`. */
export function dqlName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) return name;
  throw new DocbridgeError("configuration", {
    message: "The name of a Documentum type or attribute consists of letters, digits and underscores. Correct it in the node.",
    subject: name,
  });
}
