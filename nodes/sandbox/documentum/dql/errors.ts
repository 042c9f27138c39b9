import { cause, Failure } from "../wire/failures";

/** A query the server refuses; ids of the DM_QUERY family are our choice where wire/documentum.md names none. */
export function queryFailure(id: string, text: string): Failure {
  return new Failure(400, "E_DQL_QUERY_FAILED", "The DQL query failed.", cause(id, text));
}

/** `near` is the text where reading stopped; never more than a few characters of it are shown. */
export function syntaxFailure(near: string): Failure {
  return queryFailure("DM_QUERY_E_SYNTAX", `A Parser Error (syntax error) has occurred in the vicinity of: ${near.slice(0, 40)}`);
}
