import type { DocumentSource } from "../document";
import { DocbridgeError } from "../errors";

/** What every reader of the intake makes of what Exstream gave beside the bytes. */
export interface IntakeFacts {
  source: DocumentSource;
  /** Exstream's job is the batch where nothing else was said. */
  batch?: { id: string; seq?: number; expected?: number };
  /** As given, else the extension of the media type, else `document`. */
  variantRole: string;
  /** Plain file name with an extension, checked; `document` with an extension where nobody gave one. */
  fileName: string;
  mediaType: string;
  /** What the sender says of the bytes, to be compared with `checkDeclared`. */
  declared?: { size?: number; sha256?: string };
  /** Everything else, by the sender's own names. */
  metadata: Record<string, unknown>;
}

/** What is known of a document from how it came, before its metadata is read. */
export interface IntakeContext {
  channel: DocumentSource["channel"];
  /** What the metadata is called in messages, for example `sidecar "x.json"`. */
  origin: string;
  /** Name of the file the bytes came in; the metadata's own file name wins. */
  fileName?: string;
  /** Media type told by the carrier; the metadata's own media type wins. */
  mediaType?: string;
}

/** Throws DocbridgeError `content-altered` when the bytes are not those the sender declared. */
export function checkDeclared(
  { declared, fileName }: Pick<IntakeFacts, "declared" | "fileName">,
  actual: { size: number; sha256: string },
): void {
  if (declared?.size !== undefined && declared.size !== actual.size) {
    throw altered(fileName, `${actual.size} bytes came, and its metadata declares ${declared.size}`);
  }
  if (declared?.sha256 !== undefined && declared.sha256.toLowerCase() !== actual.sha256.toLowerCase()) {
    throw altered(fileName, "its sha256 is not the one its metadata declares");
  }
}

function altered(fileName: string, what: string): DocbridgeError {
  return new DocbridgeError("content-altered", {
    message: `The bytes of "${fileName}" are not those that were announced: ${what}. Deliver document and metadata again.`,
    subject: fileName,
  });
}
