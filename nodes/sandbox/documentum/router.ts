import type { Call, Reply } from "./wire/call";
import { Failure, notFound } from "./wire/failures";

export type Operation = (call: Call) => Promise<Reply> | Reply;

interface Route {
  method: string;
  segments: string[];
  operation: Operation;
}

/**
 * Finds the operation of a method and a path. Knows nothing of connections, so that a batch can run operations
 * through it as well.
 */
export class Router {
  /** By number of segments: only those can match. */
  private readonly bySize = new Map<number, Route[]>();

  /** Adds an operation. `:name` stands for one segment. Patterns are tried in the order they were added. */
  on(method: string, pattern: string, operation: Operation): void {
    const segments = pattern.split("/").slice(1);
    const routes = this.bySize.get(segments.length) ?? [];
    routes.push({ method, segments, operation });
    this.bySize.set(segments.length, routes);
  }

  /** The operation, with the path's parameters noted in the call. Throws 404, or 405 when only the method is wrong. */
  find(call: Call): Operation {
    const segments = call.path.split("/").slice(1);
    const matching = (this.bySize.get(segments.length) ?? []).filter((route) => matches(route.segments, segments));
    const route = matching.find(({ method }) => method === call.method);
    if (route) {
      route.segments.forEach((segment, at) => {
        if (segment.startsWith(":")) call.params[segment.slice(1)] = segments[at] as string;
      });
      return route.operation;
    }
    if (matching.length === 0) throw notFound("The requested resource");
    const allow = [...new Set(matching.map(({ method }) => method))].join(", ");
    throw new Failure(405, "E_METHOD_NOT_ALLOWED", `${call.method} is not offered here.`, "", { Allow: allow });
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.every((segment, at) => segment.startsWith(":") || segment === segments[at]);
}
