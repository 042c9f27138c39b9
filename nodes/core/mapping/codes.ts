/**
 * A code table written as `code=value; code=value`. Blanks around codes and values do not count. Undefined when an entry
 * has no `=` or an empty side, or when a code comes twice.
 */
export function parseCodes(text: string): Record<string, string> | undefined {
  const table = new Map<string, string>();
  for (const entry of text.split(";").filter((part) => part.trim() !== "")) {
    const at = entry.indexOf("=");
    const code = entry.slice(0, Math.max(at, 0)).trim();
    const value = entry.slice(at + 1).trim();
    if (at < 0 || code === "" || value === "" || table.has(code)) return undefined;
    table.set(code, value);
  }
  return Object.fromEntries(table);
}
