/** What is wrong with a field: a key below `check.` of the plugin's texts, and what the text names. */
export interface Problem {
  key: string;
  values: Record<string, string | number>;
}

export function problem(key: string, values: Record<string, string | number> = {}): Problem {
  return { key, values };
}
