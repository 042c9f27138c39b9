/**
 * Which instances hold which value of which field, so that a look-up by key does not read every instance. A value held
 * by one instance costs one map entry, no set.
 */
export class ValueIndex {
  private readonly fields = new Map<string, Map<string, string | Set<string>>>();

  add(field: string, value: unknown, id: string): void {
    for (const key of keysOf(value)) this.addKey(field, key, id);
  }

  remove(field: string, value: unknown, id: string): void {
    const values = this.fields.get(field);
    if (!values) return;
    for (const key of keysOf(value)) {
      const holders = values.get(key);
      if (typeof holders === "string") {
        if (holders === id) values.delete(key);
      } else if (holders?.delete(id) && holders.size === 0) values.delete(key);
    }
  }

  /** How many instances may hold a value that a filter writes as `literal`. */
  count(field: string, literal: string): number {
    return this.holders(field, literal).reduce((sum, holders) => sum + (typeof holders === "string" ? 1 : holders.size), 0);
  }

  /** Their ids; the caller still compares, because `3.0` in a filter may mean the number 3 or the text. */
  ids(field: string, literal: string): Set<string> {
    const ids = new Set<string>();
    for (const holders of this.holders(field, literal)) {
      if (typeof holders === "string") ids.add(holders);
      else for (const id of holders) ids.add(id);
    }
    return ids;
  }

  private holders(field: string, literal: string): (string | Set<string>)[] {
    const values = this.fields.get(field);
    if (!values) return [];
    return literalKeys(literal).flatMap((key) => values.get(key) ?? []);
  }

  private addKey(field: string, key: string, id: string): void {
    let values = this.fields.get(field);
    if (!values) {
      values = new Map();
      this.fields.set(field, values);
    }
    const holders = values.get(key);
    if (holders === undefined) values.set(key, id);
    else if (typeof holders === "string") {
      if (holders !== id) values.set(key, new Set([holders, id]));
    } else holders.add(id);
  }
}

/** The texts a value is found by; a repeating attribute by each of its values. */
function keysOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? [...new Set(value.map(String))] : [String(value)];
}

/** The texts a filter literal may stand for: as written, as a number, as a boolean. */
export function literalKeys(literal: string): string[] {
  const keys = new Set([literal]);
  if (literal.trim() !== "" && Number.isFinite(Number(literal))) keys.add(String(Number(literal)));
  if (/^(true|false)$/i.test(literal)) keys.add(literal.toLowerCase());
  return [...keys];
}
