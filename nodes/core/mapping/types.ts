export type AttributeType = "string" | "integer" | "double" | "boolean" | "date" | "id";

/** One attribute of a target's type, in words both Documentum (wire/documentum.md 14) and CMS (wire/css.md 8) have. */
export interface TargetAttribute {
  name: string;
  type: AttributeType;
  /** Longest string it holds; absent or 0 = no limit known. */
  length?: number;
  repeating: boolean;
  required: boolean;
  /** Only the target itself sets it. */
  readOnly?: boolean;
  /** The only values it takes (value assistance), as text. */
  allowedValues?: string[];
}

/** A type of a target, as the target describes it. */
export interface TargetType {
  name: string;
  attributes: TargetAttribute[];
}
