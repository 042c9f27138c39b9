import type { TargetType } from "../core/mapping/types.ts";
import type { Row } from "./mapping-rows.ts";

/** What the mapper's dialog asks the server; the other side is document/metadata-mapper/routes.ts. */

export interface MappingQuestion {
  node: string;
  target: string;
  connection: string;
  targetType: string;
  rows: Row[];
  sample?: unknown;
  ledgers: string[];
}

export interface MappingReport {
  type?: TargetType;
  typeProblem?: Failure;
  sample?: { from: "ledger" | "pasted"; id?: string; receivedAt?: number; view: Record<string, unknown> };
  rows: { value?: unknown; problems: string[] }[];
  problems: string[];
}

export interface Failure {
  code: string;
  message: string;
}

/** Tries the rows. Rejects only when the server cannot be asked at all. */
export function checkMapping(question: MappingQuestion): Promise<MappingReport | { failure: Failure }> {
  return ask({ method: "POST", url: "docbridge/mapping/check", contentType: "application/json", data: JSON.stringify(question) });
}

/** Names of the target's types; none when they cannot be read, which the check says anyway. */
export async function typeNames(target: string, connection: string): Promise<string[]> {
  const query = $.param({ target, connection });
  const reply = await ask<{ types?: string[] }>({ url: `docbridge/mapping/types?${query}` }).catch((): { types?: string[] } => ({}));
  return reply.types ?? [];
}

/** Node-RED's editor adds the user's token to jQuery's requests. */
function ask<T>(settings: JQuery.AjaxSettings): Promise<T> {
  return new Promise((resolve, reject) => {
    $.ajax({ dataType: "json", ...settings }).then(resolve, () => reject(new Error("unreachable")));
  });
}
