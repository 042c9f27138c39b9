/** Names as a person writes them, separated by commas. */
export function namesOf(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** Other names as a person writes them: `given=other`, separated by commas. */
export function renamesOf(text: string): Map<string, string> {
  return new Map(namesOf(text).map((pair) => pair.split("=", 2).map((part) => part.trim()) as [string, string]));
}
