import { DocbridgeError } from "../../core/errors";

/**
 * A value as a literal of the filter language. Clients use either quote (wire/css.md 7), so it is put between those it
 * does not contain. How the vendor escapes a quote is unknown; where a value has both, doubling is our convention.
 */
export function cmsQuote(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  return `${quote}${value.replaceAll(quote, quote + quote)}${quote}`;
}

/** `attribute eq 'value'`. Throws `configuration` for a name that is none. */
export function cmsEquals(attribute: string, value: string): string {
  return `${attributeName(attribute)} eq ${cmsQuote(value)}`;
}

function attributeName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name)) return name;
  throw new DocbridgeError("configuration", {
    message: "The name of a CMS attribute consists of letters, digits, underscores and dots. Correct it in the node.",
    subject: name,
  });
}
