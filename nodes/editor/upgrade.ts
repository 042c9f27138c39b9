/** What an older version of the pack did not store yet. */

interface Stored {
  [property: string]: unknown;
}

/**
 * What a node saved by an older version lacks, as a node of this version stores the same. A property comes with a default
 * that changes nothing for nodes without it; a list that was not there is empty, whatever a new node begins with.
 */
export function missingProperties(node: Stored, defaults: Record<string, { value?: unknown }>): Stored {
  const missing: Stored = {};
  for (const [property, { value }] of Object.entries(defaults)) {
    if (node[property] !== undefined || value === undefined) continue;
    missing[property] = Array.isArray(value) ? [] : typeof value === "object" && value !== null ? {} : value;
  }
  return missing;
}
