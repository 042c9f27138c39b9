import type { Repository } from "../model/repository";
import type { ObjectType, Value } from "../model/types";
import { enforceDictionary } from "../model/values";
import type { Call } from "../wire/call";
import { badRequest } from "../wire/failures";

/** Checks the values an object would have; `changed` are the attributes the request sets. Throws 400. */
export type Validation = (type: ObjectType, values: Readonly<Record<string, Value>>, changed: readonly string[]) => void;

export const NO_VALIDATION: Validation = () => {};

/**
 * What a request asks for: nothing, unless the site has switched the data dictionary on, or the query parameter that a
 * switch names says `obj`, `attrs`, `obj_and_attrs`, `modified_attrs` or `obj_and_modified_attrs` (wire/documentum.md section 14).
 */
export function validationFor(repository: Repository, call: Call): Validation {
  const parameter = repository.switches.text("validation-parameter");
  const asked = (parameter && call.query.get(parameter)?.toLowerCase()) || "not_validate";
  switch (asked) {
    case "not_validate":
    case "obj":
      // The types here have no rules for whole objects.
      return repository.switches.isOn("enforce-data-dictionary") ? (type, values) => enforceDictionary(type, values) : NO_VALIDATION;
    case "attrs":
    case "obj_and_attrs":
      return (type, values) => enforceDictionary(type, values);
    case "modified_attrs":
    case "obj_and_modified_attrs":
      return (type, values, changed) => enforceDictionary(type, values, changed);
    default:
      throw badRequest(`The query parameter '${parameter}' is not one of its words.`);
  }
}
