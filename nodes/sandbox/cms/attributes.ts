import { invalid } from "./errors";
import { type Attribute, DATA_TYPES, type DataType, SYSTEM_FIELDS } from "./model";

/** An attribute with every field of wire/css.md section 8; what `given` leaves out has the usual value. */
export function attribute(name: string, dataType: DataType, given: Partial<Attribute> = {}): Attribute {
  return {
    name,
    display_name: name,
    data_type: dataType,
    repeating: false,
    required: false,
    unique: false,
    searchable: true,
    sortable: true,
    auditable: true,
    internal: false,
    read_only: false,
    system: false,
    localizable: false,
    default_value: null,
    validators: [],
    ...given,
  };
}

/** The attributes of a definition as a client sends them. Throws CmsError 400. */
export function readAttributes(value: unknown): Attribute[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid("attributes must be a list");
  const names = new Set<string>();
  return value.map((entry) => {
    const read = readAttribute((entry ?? {}) as Record<string, unknown>);
    if (names.has(read.name)) throw invalid(`attribute '${read.name}' is defined twice`);
    names.add(read.name);
    return read;
  });
}

function readAttribute(draft: Record<string, unknown>): Attribute {
  const { name, data_type: dataType, size } = draft;
  if (typeof name !== "string" || !/^[a-z][a-z0-9_]{0,62}$/.test(name)) {
    throw invalid("attribute name must be lower-case letters, digits and underscores");
  }
  if (SYSTEM_FIELDS.has(name)) throw invalid(`attribute '${name}' has the name of a system attribute`);
  if (!isDataType(dataType)) throw invalid(`attribute '${name}': data_type must be one of ${DATA_TYPES.join(", ")}`);
  if (dataType === "string" && !(typeof size === "number" && Number.isInteger(size) && size > 0)) {
    throw invalid(`attribute '${name}': a string needs a size`);
  }
  return attribute(name, dataType, {
    display_name: typeof draft.display_name === "string" ? draft.display_name : name,
    ...(dataType === "string" ? { size: size as number } : {}),
    repeating: flag(draft, "repeating", false),
    required: flag(draft, "required", false),
    unique: flag(draft, "unique", false),
    searchable: flag(draft, "searchable", true),
    sortable: flag(draft, "sortable", true),
    auditable: flag(draft, "auditable", true),
    internal: flag(draft, "internal", false),
    read_only: flag(draft, "read_only", false),
    localizable: flag(draft, "localizable", false),
    default_value: draft.default_value ?? null,
    validators: Array.isArray(draft.validators) ? draft.validators : [],
  });
}

function isDataType(value: unknown): value is DataType {
  return (DATA_TYPES as readonly unknown[]).includes(value);
}

function flag(draft: Record<string, unknown>, name: string, initial: boolean): boolean {
  const value = draft[name] ?? initial;
  if (typeof value !== "boolean") throw invalid(`attribute '${String(draft.name)}': ${name} must be true or false`);
  return value;
}
