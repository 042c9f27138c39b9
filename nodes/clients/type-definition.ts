/** Kinds of values both Documentum and CMS have. */
export type AttributeKind = "string" | "integer" | "double" | "boolean" | "date" | "id";

export interface AttributeDefinition {
  name: string;
  type: AttributeKind;
  /** Longest string it holds; absent where no limit is stated. */
  length?: number;
  repeating: boolean;
  required: boolean;
  /** Only the service itself sets it. */
  readOnly: boolean;
}

/** A type of a target with all its attributes, in words both services share (the mapping validates against it). */
export interface TypeDefinition {
  name: string;
  attributes: AttributeDefinition[];
  parent?: string;
}
