import type { Attributes, AttributeValue } from "../document";
import { DocbridgeError } from "../errors";
import { convertValue, type LengthUnit } from "./convert";
import { problem } from "./problem";
import type { MappingRow } from "./rules";
import type { TargetAttribute, TargetType } from "./types";
import { isEmpty } from "./view";

export { combine } from "./problem";

export interface MappingOptions {
  /** Default `characters`. */
  lengthUnit?: LengthUnit;
}

export interface MappingResult {
  /** What the rows gave; complete only when there are no problems. */
  attributes: Attributes;
  /** One for each thing that is wrong, `subject` = the attribute; see `combine`. */
  problems: DocbridgeError[];
}

/** The raw value of a row: property path, constant, template, JSONata or environment variable, evaluated by the caller. */
export type Resolve = (row: MappingRow) => Promise<unknown> | unknown;

/**
 * Fills the attributes of a target's type by the rows, in their order, and collects every problem instead of stopping
 * at the first. Several rows may fill one repeating attribute; their values follow one another. A `missing-metadata`
 * thrown by `resolve` means "no value", so that the row's `ifEmpty` applies. Throws nothing of its own.
 */
export async function applyMapping(
  rows: readonly MappingRow[],
  resolve: Resolve,
  type: TargetType | undefined,
  options: MappingOptions = {},
): Promise<MappingResult> {
  const mapping = new Mapping(type, options.lengthUnit ?? "characters");
  for (const row of rows) await mapping.fill(row, resolve);
  return mapping.result();
}

class Mapping {
  readonly #type: TargetType | undefined;
  readonly #unit: LengthUnit;
  readonly #known: Map<string, TargetAttribute>;
  readonly #values = new Map<string, AttributeValue>();
  readonly #problems: DocbridgeError[] = [];

  constructor(type: TargetType | undefined, unit: LengthUnit) {
    this.#type = type;
    this.#unit = unit;
    this.#known = new Map(type?.attributes.map((attribute) => [attribute.name, attribute]));
  }

  async fill(row: MappingRow, resolve: Resolve): Promise<void> {
    const attribute = this.#known.get(row.attribute);
    const refusal = this.#type && refusalOf(row, attribute, this.#type);
    if (refusal) {
      this.#problems.push(refusal);
      return;
    }
    const resolved = await resolvedValue(row, resolve);
    if ("raw" in resolved) this.#take(row, attribute, resolved.raw);
    else if (isMissing(resolved.error)) this.#takeEmpty(row, attribute, resolved.error);
    else this.#problems.push(sourceProblem(row, resolved.error));
  }

  result(): MappingResult {
    return { attributes: Object.fromEntries(this.#values), problems: [...this.#problems, ...this.#unfilled()] };
  }

  #take(row: MappingRow, attribute: TargetAttribute | undefined, raw: unknown): void {
    const converted = convertValue(raw, row, attribute, this.#unit);
    if ("problems" in converted) this.#problems.push(...converted.problems);
    else if ("value" in converted) this.#set(row.attribute, converted.value, attribute);
    else this.#takeEmpty(row, attribute);
  }

  #takeEmpty(row: MappingRow, attribute: TargetAttribute | undefined, cause?: DocbridgeError): void {
    if (row.ifEmpty === "quarantine") {
      const reason = cause ? ` ${cause.message}` : " Its source is empty.";
      this.#problems.push(problem("missing-metadata", row.attribute, `has no value.${reason}`));
    } else if (row.ifEmpty === "null") {
      this.#set(row.attribute, null, attribute);
    } else if (row.ifEmpty === "default") {
      this.#takeDefault(row, attribute);
    }
  }

  #takeDefault(row: MappingRow, attribute: TargetAttribute | undefined): void {
    if (isEmpty(row.default)) {
      this.#problems.push(problem("missing-metadata", row.attribute, "has no value, and its row has no default value."));
    } else {
      this.#take({ ...row, convert: undefined, ifEmpty: "quarantine" }, attribute, row.default);
    }
  }

  #set(name: string, value: AttributeValue, attribute: TargetAttribute | undefined): void {
    const before = this.#values.get(name) ?? null;
    if (before === null) this.#values.set(name, value);
    else if (value === null) return;
    else if (attribute?.repeating) this.#values.set(name, [before, value].flat());
    else this.#problems.push(problem("not-repeating", name, "holds one value, and more than one row gives it one."));
  }

  /** Required attributes that no row filled and that no problem names already. */
  #unfilled(): DocbridgeError[] {
    const named = new Set(this.#problems.map(({ subject }) => subject));
    return [...this.#known.values()]
      .filter(({ name, required, readOnly }) => required && !readOnly && !named.has(name) && isEmpty(this.#values.get(name)))
      .map(({ name }) => problem("missing-metadata", name, `is required by the type "${this.#type?.name}", and no row gives it a value.`));
  }
}

/** Why a row can never fill its attribute of this type; undefined when it can. */
export function refusalOf(row: MappingRow, attribute: TargetAttribute | undefined, type: TargetType): DocbridgeError | undefined {
  if (!attribute) return problem("unknown-attribute", row.attribute, `does not exist in the type "${type.name}".`);
  if (!attribute.readOnly) return undefined;
  return problem("invalid-metadata", row.attribute, `of the type "${type.name}" is read-only: only the target sets it. Remove its row.`);
}

async function resolvedValue(row: MappingRow, resolve: Resolve): Promise<{ raw: unknown } | { error: unknown }> {
  try {
    return { raw: await resolve(row) };
  } catch (error) {
    return { error };
  }
}

function isMissing(error: unknown): error is DocbridgeError {
  return error instanceof DocbridgeError && error.code === "missing-metadata";
}

/** The text of a foreign error may quote values, so only its code is shown; the error itself is kept as the cause. */
function sourceProblem(row: MappingRow, error: unknown): DocbridgeError {
  if (error instanceof DocbridgeError) {
    return new DocbridgeError(error.code, {
      message: `Attribute "${row.attribute}": ${error.message}`,
      retryable: error.retryable,
      subject: row.attribute,
      cause: error,
    });
  }
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const shown = /^[A-Z]\w{0,19}$/.test(code) ? ` (${code})` : "";
  return new DocbridgeError("invalid-metadata", {
    message: `Attribute "${row.attribute}": its ${row.source.kind} source could not be evaluated for this document${shown}.`,
    subject: row.attribute,
    cause: error,
  });
}
