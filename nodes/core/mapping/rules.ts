/** How a constant's text is meant; `date` is an ISO 8601 date, never "now". */
export type ConstantType = "str" | "num" | "bool" | "json" | "date";

export interface MappingSource {
  /** `property` and `jsonata` over the message, `template` in Mustache, `env` an environment variable of the flow. */
  kind: "property" | "constant" | "template" | "jsonata" | "env";
  value: string;
  /** Of a constant or an environment variable; default `str`. */
  valueType?: ConstantType;
}

export interface Conversion {
  /** How dates are written, in the tokens yyyy MM dd HH mm ss, e.g. `dd.MM.yyyy`. Without it: ISO 8601. */
  dateFormat?: string;
  /** Decimal sign of numbers written by people; the other sign is then the thousands separator. Without it: no separator. */
  decimal?: "," | ".";
  /** Table from the source's codes to the target's values; a code that is not in it is a problem. */
  codes?: Record<string, string>;
  /** Separator that makes a list of one text; the pieces are trimmed and empty pieces left out. */
  split?: string;
}

/** What becomes of an attribute when its source has no value (undefined, null, blank text, an empty list). */
export type IfEmpty = "quarantine" | "skip" | "null" | "default";

/** One row of a mapping: where the value comes from, what is done to it, which attribute it fills. */
export interface MappingRow {
  source: MappingSource;
  attribute: string;
  ifEmpty: IfEmpty;
  /** The value when `ifEmpty` is `default`; written the way the target wants it, so `convert` is not applied to it. */
  default?: string;
  convert?: Conversion;
}
