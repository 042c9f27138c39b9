import mustache from "mustache";
import { type Problem, problem } from "./problem.ts";

/** Tokens of mustache: kind, text, start, end, and for sections the tokens inside. */
type Token = [kind: string, text: string, start: number, end: number, inside?: unknown];

/**
 * What is wrong with a Mustache template over a document, or undefined. Parsed by the library that renders it at run
 * time; besides syntax it finds partials, and paths that begin with `msg.` or `document.`, which would stay empty.
 */
export function templateProblem(text: string): Problem | undefined {
  let tokens: Token[];
  try {
    tokens = mustache.parse(text) as Token[];
  } catch (error) {
    return problem("template", { reason: error instanceof Error ? error.message : String(error) });
  }
  for (const [kind, name] of flat(tokens)) {
    if (kind === ">") return problem("templatePartial");
    const prefixed = prefixProblem(name);
    if (kind !== "text" && prefixed) return prefixed;
  }
  return undefined;
}

/** The same for a template over the whole message, where `document.` is a path like any other. */
export function messageTemplateProblem(text: string): Problem | undefined {
  const wrong = templateProblem(text);
  return wrong?.key === "pathPrefix" && !/\{\{[{&#^]?\s*msg\./.test(text) ? undefined : wrong;
}

/** A path into `msg.document` that was written with `msg.` or `document.` in front, which belongs to it. */
export function prefixProblem(path: string): Problem | undefined {
  const bare = path.replace(/^(msg\.)?(document\.)?/, "");
  return bare === path ? undefined : problem("pathPrefix", { path, bare });
}

function flat(tokens: Token[]): Token[] {
  return tokens.flatMap((token) => [token, ...(Array.isArray(token[4]) ? flat(token[4] as Token[]) : [])]);
}
