import type { DocumentSource } from "../document";
import { DocbridgeError, type ErrorCode } from "../errors";
import { completeFileName, extensionFor, mediaTypeFor, mediaTypeOf, UNKNOWN_MEDIA_TYPE } from "./media-types";
import type { IntakeContext, IntakeFacts } from "./metadata";
import { safeFileName } from "./safe-name";
import { hintedField, IDENTITY_FIELDS, type IdentityField, type KnownField } from "./well-known";

/** Ids and names are short; a longer one is a mistake, and keys are made of them. */
const MAX_FIELD_LENGTH = 1024;

interface Given {
  value: string;
  /** The sender's name of the field, for messages. */
  label: string;
}

/** Collects what a reader finds and makes IntakeFacts of it. Error messages name fields, never values. */
export class FactsBuilder {
  readonly #context: IntakeContext;
  readonly #known = new Map<KnownField, Given>();
  readonly #fallback = new Map<KnownField, Given>();
  readonly #hints = new Map<IdentityField, string>();
  readonly #metadata: Record<string, unknown> = {};
  /** Lists made here, of names that were repeated. */
  readonly #lists = new WeakSet<unknown[]>();

  constructor(context: IntakeContext) {
    this.#context = context;
  }

  /**
   * A field that means exactly this. null and blank text are no value. Throws DocbridgeError `invalid-metadata` (neither
   * text nor number, or given twice with different values) and `value-too-long`.
   */
  known(field: KnownField, value: unknown, label: string): void {
    const given = this.#given(value, label);
    if (given === undefined) return;
    const before = this.#known.get(field);
    if (before && before.value !== given.value) {
      throw this.#invalid(
        label,
        before.label === label ? "is given twice, with different values" : `says something else than "${before.label}"`,
      );
    }
    this.#known.set(field, given);
  }

  /** A field from a second-rank place, used when the first-rank place (`known`) has none. Throws as `known` does. */
  fallback(field: KnownField, value: unknown, label: string): void {
    const given = this.#given(value, label);
    if (given && !this.#fallback.has(field)) this.#fallback.set(field, given);
  }

  /**
   * Metadata under the sender's own name; a repeated name makes a list. A name that engines use for a source field
   * (`SYS_CustomerInRun`) also fills that field where nothing else does. Throws `invalid-metadata` for a name that
   * would change how objects behave.
   */
  add(name: string, value: unknown): void {
    if (name === "__proto__") throw this.#invalid(name, "is not a possible name of metadata");
    this.#hint(name, value);
    this.#append(this.#metadata, name, value);
  }

  /** Lists grow in place: a sidecar may repeat a name a hundred thousand times. */
  #append(members: Record<string, unknown>, name: string, value: unknown): void {
    if (!Object.hasOwn(members, name)) {
      members[name] = value;
      return;
    }
    const before = members[name];
    const list: unknown[] = Array.isArray(before) && this.#lists.has(before) ? before : [before].flat();
    for (const entry of [value].flat()) list.push(entry);
    this.#lists.add(list);
    members[name] = list;
  }

  #hint(name: string, value: unknown): void {
    const field = hintedField(name);
    if (!field || this.#hints.has(field) || (typeof value !== "string" && typeof value !== "number")) return;
    const text = String(value).trim();
    if (text !== "" && text.length <= MAX_FIELD_LENGTH) this.#hints.set(field, text);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#metadata, name);
  }

  /** A member of a group, kept under the group's name: `recipient.name`. */
  addTo(group: string, name: string, value: unknown): void {
    if (name === "__proto__") throw this.#invalid(`${group}.${name}`, "is not a possible name of metadata");
    const members = this.#metadata[group];
    if (!isRecord(members)) {
      this.add(group, { [name]: value });
    } else {
      this.#append(members, name, value);
    }
  }

  /** What is known of an identity field so far, also where `build` would refuse the rest. */
  value(field: IdentityField): string | undefined {
    return this.#get(field)?.value ?? this.#hints.get(field);
  }

  /**
   * @param fileName name of the file the bytes came in; default the context's. Throws `invalid-metadata`, `path-escape`
   * and `value-too-long` naming the field.
   */
  build(fileName = this.#context.fileName): IntakeFacts {
    const source = this.#source(fileName);
    const mediaType = this.#mediaType(fileName);
    const batch = this.#batch(source);
    const declared = this.#declared();
    return {
      source,
      ...(batch && { batch }),
      variantRole: this.#get("variantRole")?.value ?? extensionFor(mediaType) ?? "document",
      fileName: completeFileName(source.fileName ?? "document", mediaType),
      mediaType,
      ...(declared && { declared }),
      metadata: this.#metadata,
    };
  }

  #source(ofCarrier: string | undefined): DocumentSource {
    const source: DocumentSource = { system: "exstream", channel: this.#context.channel };
    for (const field of IDENTITY_FIELDS) {
      const value = this.value(field);
      if (value !== undefined) source[field] = value;
    }
    const given = this.#get("fileName");
    const fileName = given?.value ?? ofCarrier;
    if (fileName !== undefined) source.fileName = safeFileName(fileName, given?.label ?? "file name");
    return source;
  }

  #mediaType(fileName = ""): string {
    const told = mediaTypeOf(this.#get("mediaType")?.value) ?? mediaTypeOf(this.#context.mediaType);
    return told ?? mediaTypeFor(this.#get("fileName")?.value ?? "") ?? mediaTypeFor(fileName) ?? UNKNOWN_MEDIA_TYPE;
  }

  #batch(source: DocumentSource): IntakeFacts["batch"] {
    const id = this.#get("batchId")?.value ?? source.jobId;
    const seq = this.#wholeNumber("batchSeq");
    const expected = this.#wholeNumber("batchExpected");
    if (id === undefined) return undefined;
    return { id, ...(seq !== undefined && { seq }), ...(expected !== undefined && { expected }) };
  }

  #declared(): IntakeFacts["declared"] {
    const size = this.#wholeNumber("size");
    const hash = this.#get("sha256");
    if (hash && !/^[0-9a-f]{64}$/i.test(hash.value)) throw this.#invalid(hash.label, "is not a sha256 of 64 hexadecimal digits");
    if (size === undefined && !hash) return undefined;
    return { ...(size !== undefined && { size }), ...(hash && { sha256: hash.value.toLowerCase() }) };
  }

  #wholeNumber(field: KnownField): number | undefined {
    const given = this.#get(field);
    if (!given) return undefined;
    const number = /^\d+$/.test(given.value) ? Number(given.value) : Number.NaN;
    if (!Number.isSafeInteger(number)) throw this.#invalid(given.label, "is not a whole number");
    return number;
  }

  #get(field: KnownField): Given | undefined {
    return this.#known.get(field) ?? this.#fallback.get(field);
  }

  #given(value: unknown, label: string): Given | undefined {
    if (value === undefined || value === null) return undefined;
    const isNumber = typeof value === "number" && Number.isFinite(value);
    if (typeof value !== "string" && !isNumber) throw this.#invalid(label, "is neither text nor a number");
    const text = String(value).trim();
    if (text.length > MAX_FIELD_LENGTH) {
      throw this.#error("value-too-long", label, `has ${text.length} characters; at most ${MAX_FIELD_LENGTH} are taken`);
    }
    return text === "" ? undefined : { value: text, label };
  }

  #invalid(label: string, what: string): DocbridgeError {
    return this.#error("invalid-metadata", label, what);
  }

  #error(code: ErrorCode, label: string, what: string): DocbridgeError {
    const message = `The field "${label}" of the ${this.#context.origin} ${what}. Correct it at the sender.`;
    return new DocbridgeError(code, { message, subject: label });
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
