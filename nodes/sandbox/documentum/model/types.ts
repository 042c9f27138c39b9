/** The words a type resource uses (wire/documentum.md section 14). */
export type AttributeType = "boolean" | "integer" | "string" | "id" | "date" | "double";
/** Dates and ids are texts; null stands for an unset date. */
export type Scalar = string | number | boolean | null;
export type Value = Scalar | Scalar[];

export interface ValueAssist {
  /** Of a dependent list: every value there is. */
  values: string[];
  /** May a user enter something else? */
  allowUserValues: boolean;
  /** The values are those of the list that another attribute's value names. */
  dependsOn?: { attribute: string; lists: Record<string, string[]> };
}

export interface Attribute {
  name: string;
  type: AttributeType;
  /** Of strings; 0 for the other types. */
  length: number;
  repeating: boolean;
  label: string;
  /** In the data dictionary only; the server does not enforce it unless asked (wire/documentum.md section 14). */
  required: boolean;
  /** Kept by the server; a request that sets it is refused. */
  readonly: boolean;
  /** What it shows until somebody sets it, where that is not the empty value. */
  initial?: Scalar;
  assist?: ValueAssist;
}

export interface TypeSpec {
  name: string;
  label: string;
  super?: string;
  /** First two digits of the ids of its objects; that of the super type when absent. */
  tag?: string;
  /** 0 standard (the default), 2 shareable, 4 lightweight (wire/documentum.md section 14). */
  category?: number;
  /** Of a lightweight type: the shareable type whose objects its own share. */
  sharedParent?: string;
  /** One attribute a line: `name type[(length)][[]] [required] [readonly] [= initial]`. */
  attributes: string;
  assist?: Record<string, ValueAssist>;
  labels?: Record<string, string>;
}

export interface ObjectType {
  name: string;
  label: string;
  super?: string;
  tag: string;
  category: number;
  sharedParent?: string;
  own: Attribute[];
  /** Inherited ones first, in the order of the wire; `r_object_id` last. */
  all: Attribute[];
  byName: Map<string, Attribute>;
}

const LINE = /^(\w+)\s+(boolean|integer|string|id|date|double)(?:\((\d+)\))?(\[\])?((?:\s+(?:required|readonly))*)(?:\s+=\s*(\S+))?$/;

/** The object types of the repository and their inheritance. */
export class TypeRegistry {
  private readonly types = new Map<string, ObjectType>();
  private readonly families = new Map<string, Set<string>>();

  /** Adds a type below one that is known already. Throws when the name is taken or the super type is unknown. */
  define(spec: TypeSpec): void {
    if (this.types.has(spec.name)) throw new Error(`object type '${spec.name}' is defined twice`);
    const parent = spec.super ? this.get(spec.super) : undefined;
    if (spec.super && !parent) throw new Error(`object type '${spec.name}' has the unknown super type '${spec.super}'`);
    const own = readAttributes(spec);
    const inherited = parent?.all ?? [];
    // wire/documentum.md 7.3: r_object_id closes the list, the attributes of a sub type stand just before it.
    const identity = [...inherited, ...own].filter(({ name }) => name === "r_object_id");
    const all = [...inherited, ...own].filter(({ name }) => name !== "r_object_id").concat(identity);
    const tag = spec.tag ?? parent?.tag ?? "00";
    this.types.set(spec.name, {
      name: spec.name,
      label: spec.label,
      super: spec.super,
      tag,
      category: spec.category ?? 0,
      ...(spec.sharedParent ? { sharedParent: spec.sharedParent } : {}),
      own,
      all,
      byName: new Map(all.map((attribute) => [attribute.name, attribute])),
    });
    for (let name: string | undefined = spec.name; name; name = this.get(name)?.super) {
      const family = this.families.get(name) ?? new Set();
      this.families.set(name, family.add(spec.name));
    }
  }

  get(name: string): ObjectType | undefined {
    return this.types.get(name);
  }

  /** A type that must exist. Throws an Error otherwise. */
  known(name: string): ObjectType {
    const type = this.types.get(name);
    if (!type) throw new Error(`object type '${name}' is not defined`);
    return type;
  }

  values(): Iterable<ObjectType> {
    return this.types.values();
  }

  /** The type and everything below it. */
  family(name: string): ReadonlySet<string> {
    return this.families.get(name) ?? new Set();
  }

  isA(name: string, ancestor: string): boolean {
    return this.families.get(ancestor)?.has(name) ?? false;
  }
}

function readAttributes(spec: TypeSpec): Attribute[] {
  const lines = spec.attributes.split("\n").map((line) => line.trim());
  return lines.filter(Boolean).map((line) => {
    const found = LINE.exec(line);
    if (!found) throw new Error(`object type '${spec.name}': cannot read the attribute line '${line}'`);
    const [, name = "", type, length, repeating, flags = "", initial] = found;
    return {
      name,
      type: type as AttributeType,
      length: Number(length ?? 0),
      repeating: repeating !== undefined,
      label: spec.labels?.[name] ?? labelOf(name),
      required: flags.includes("required"),
      readonly: flags.includes("readonly"),
      ...(initial === undefined ? {} : { initial: JSON.parse(initial) as Scalar }),
      ...(spec.assist?.[name] ? { assist: spec.assist[name] } : {}),
    };
  });
}

function labelOf(name: string): string {
  const words = name
    .replace(/^[arik]_/, "")
    .split("_")
    .filter(Boolean);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}
