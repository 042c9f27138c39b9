/** What rules may use. The rest of `msg.document` (receipts, attempt, attributes ...) is not the same each time a document is routed. */
export const VIEW_ROOTS = ["key", "businessKey", "batch", "source", "content", "metadata", "variant"] as const;

export type RoutingView = Record<(typeof VIEW_ROOTS)[number], unknown>;

/** The root a path begins with, and the path from there on; a path that begins elsewhere has none. */
export function splitPath(path: string): { root: keyof RoutingView | undefined; rest: string } {
  const [head = "", ...rest] = path.split(".");
  return { root: VIEW_ROOTS.find((root) => root === head), rest: rest.join(".") };
}
