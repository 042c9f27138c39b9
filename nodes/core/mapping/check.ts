import { DocbridgeError } from "../errors";
import { constantValue } from "./constant";
import { convertValue, type LengthUnit } from "./convert";
import { isDateFormat } from "./dates";
import { type MappingOptions, refusalOf } from "./map";
import { problem } from "./problem";
import type { MappingRow } from "./rules";
import { checkTemplate } from "./template";
import type { TargetAttribute, TargetType } from "./types";
import { isEmpty } from "./view";

export interface RowProblem {
  /** Index of the row; undefined for a required attribute that has none. */
  row?: number;
  error: DocbridgeError;
}

/**
 * Everything that is wrong with the rows whatever the documents are: for the mapping dialog and for deploy. JSONata is
 * checked by the caller, who has the compiler.
 */
export function checkRows(rows: readonly MappingRow[], type: TargetType | undefined, options: MappingOptions = {}): RowProblem[] {
  const known = new Map(type?.attributes.map((attribute) => [attribute.name, attribute]));
  const unit = options.lengthUnit ?? "characters";
  const ofRows = rows.flatMap((row, at) => {
    const attribute = known.get(row.attribute);
    return rowProblems(row, attribute, type, unit).map((error) => ({ row: at, error }));
  });
  return [...ofRows, ...doubled(rows, known), ...unmapped(rows, type)];
}

function rowProblems(
  row: MappingRow,
  attribute: TargetAttribute | undefined,
  type: TargetType | undefined,
  unit: LengthUnit,
): DocbridgeError[] {
  if (row.attribute.trim() === "") return [setUp(row, "A row names no attribute. Choose one, or remove the row.")];
  const refusal = type && refusalOf(row, attribute, type);
  if (refusal) return [refusal];
  return [...conversionProblems(row, attribute), ...sourceProblems(row, attribute, unit), ...fixedProblems(row, attribute, unit)];
}

function conversionProblems({ attribute: name, convert, source }: MappingRow, attribute: TargetAttribute | undefined): DocbridgeError[] {
  const found: DocbridgeError[] = [];
  if (convert?.dateFormat !== undefined && !isDateFormat(convert.dateFormat)) {
    found.push(
      problem("configuration", name, `has the date format "${convert.dateFormat}". Use yyyy, MM and dd once each, then HH, mm, ss.`),
    );
  }
  if (convert?.split && attribute && !attribute.repeating) {
    found.push(problem("not-repeating", name, "holds one value, and its row splits the source into several."));
  }
  if (source.value.trim() === "" && source.kind !== "constant") {
    found.push(problem("configuration", name, `has an empty ${source.kind} as its source. Fill it in.`));
  }
  return found;
}

function sourceProblems(row: MappingRow, attribute: TargetAttribute | undefined, unit: LengthUnit): DocbridgeError[] {
  return attempt(row, () => {
    if (row.source.kind === "template") checkTemplate(row.source.value, row.attribute);
    if (row.source.kind !== "constant") return [];
    const converted = convertValue(constantValue(row.source), row, attribute, unit);
    if ("problems" in converted) return converted.problems;
    const isMissing = "empty" in converted && row.ifEmpty === "quarantine";
    return isMissing ? [problem("missing-metadata", row.attribute, "has an empty constant as its source.")] : [];
  });
}

/** Default value and code table: texts the target gets as they stand here. */
function fixedProblems(row: MappingRow, attribute: TargetAttribute | undefined, unit: LengthUnit): DocbridgeError[] {
  const plain: MappingRow = { ...row, convert: undefined };
  const wantsDefault = row.ifEmpty === "default";
  if (wantsDefault && isEmpty(row.default)) {
    return [problem("configuration", row.attribute, "uses a default value when its source is empty, and the row has none.")];
  }
  const defaults = wantsDefault ? fitProblems(row.default, plain, attribute, unit) : [];
  const { codes, ...others } = row.convert ?? {};
  const translated = Object.values(codes ?? {}).flatMap((text) => fitProblems(text, { ...row, convert: others }, attribute, unit));
  return [...defaults, ...translated];
}

function fitProblems(text: unknown, row: MappingRow, attribute: TargetAttribute | undefined, unit: LengthUnit): DocbridgeError[] {
  const converted = convertValue(text, row, attribute, unit);
  return "problems" in converted ? converted.problems : [];
}

/**
 * Rows for one attribute that cannot take turns: two rows may fill a single attribute only if each of them leaves it
 * alone when its own source is empty.
 */
function doubled(rows: readonly MappingRow[], known: Map<string, TargetAttribute>): RowProblem[] {
  return rows.flatMap((row, at) => {
    const earlier = rows.slice(0, at).filter(({ attribute }) => attribute === row.attribute);
    const isRepeating = known.get(row.attribute)?.repeating ?? false;
    if (isRepeating || earlier.length === 0 || ![row, ...earlier].some(alwaysFills)) return [];
    return [{ row: at, error: problem("not-repeating", row.attribute, "holds one value, and an earlier row gives it one, too.") }];
  });
}

function alwaysFills({ source, ifEmpty }: MappingRow): boolean {
  return source.kind === "constant" || ifEmpty === "default" || ifEmpty === "quarantine";
}

function unmapped(rows: readonly MappingRow[], type: TargetType | undefined): RowProblem[] {
  const filled = new Set(rows.map(({ attribute }) => attribute));
  return (type?.attributes ?? [])
    .filter(({ name, required, readOnly }) => required && !readOnly && !filled.has(name))
    .map(({ name }) => ({ error: problem("missing-metadata", name, `is required by the type "${type?.name}", and no row fills it.`) }));
}

function attempt(row: MappingRow, check: () => DocbridgeError[]): DocbridgeError[] {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DocbridgeError)) throw error;
    return [
      new DocbridgeError(error.code, { message: `Attribute "${row.attribute}": ${error.message}`, subject: row.attribute, cause: error }),
    ];
  }
}

function setUp({ attribute }: MappingRow, message: string): DocbridgeError {
  return new DocbridgeError("configuration", { message, subject: attribute });
}
