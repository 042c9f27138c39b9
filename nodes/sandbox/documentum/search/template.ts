import { badRequest } from "../wire/failures";
import { parseQuery, readAql } from "./aql";
import type { SearchQuery } from "./query";

/** A place in a template where a value is to be filled in (wire/documentum.md 15.4). */
export interface Variable {
  "variable-type": string;
  id: string;
  "data-type": string;
  "variable-value"?: string;
  "variable-values"?: string[];
}

type Members = Record<string, unknown>;

/** The variables of a template, one for every expression with `"template":true`, in their order. Throws 400 when it is no query. */
export function readTemplate(text: string): { variables: Variable[] } {
  const variables: Variable[] = [];
  readAql(parseQuery(text), (expression) => {
    variables.push(variableOf(expression, variables.length));
    return filledIn(expression, expression);
  });
  return { variables };
}

/** The query of a template with the values given; a variable that is not given keeps the value the template has for it. */
export function withVariables(text: string, given: readonly Variable[]): SearchQuery {
  let index = 0;
  const unused = new Set(given.map(({ id }) => id));
  const query = readAql(parseQuery(text), (expression) => {
    const variable = variableOf(expression, index);
    index += 1;
    const value = given.find(({ id }) => id === variable.id);
    unused.delete(variable.id);
    if (!value) return filledIn(expression, expression);
    return filledIn(expression, { value: value["variable-value"], values: value["variable-values"] });
  });
  const [unknown] = unused;
  if (unknown !== undefined) throw badRequest("A variable that was given is not one of the template.");
  return query;
}

function variableOf(expression: Members, index: number): Variable {
  const type = String(expression["expression-type"]);
  const value = expression.value === undefined ? {} : { "variable-value": String(expression.value) };
  const values = Array.isArray(expression.values) ? { "variable-values": expression.values.map(String) } : {};
  return {
    "variable-type": `${type}-variable`,
    id: String(expression.id ?? `variable-${index + 1}`),
    "data-type": "string",
    ...value,
    ...values,
  };
}

function filledIn(expression: Members, { value, values }: Members): Members {
  const { template: _template, ...kept } = expression;
  return { ...kept, ...(value === undefined ? {} : { value }), ...(values === undefined ? {} : { values }) };
}
