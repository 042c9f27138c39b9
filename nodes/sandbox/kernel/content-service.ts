/** A stored blob, as far as the metadata service needs to know it. */
export interface BlobInfo {
  /** Name of the blob inside the content service; never shown by the metadata service. */
  blobId: string;
  /** Id under which the content API takes it: base64 pair (v2) or opaque (v3). */
  id: string;
  mimeType: string;
  fileName: string;
  size: number;
  /** Absolute, on the content service's host. */
  downloadUrl: string;
}

/**
 * What the metadata stand-in asks the content stand-in. The CSS folder implements it, so that neither imports the other.
 */
export interface ContentService {
  /**
   * The blob a rendition's `blob_id` names: with source `FILE_ID` a v3 file id, else a v2 id, a v2 blob id or a whole
   * v2 download URL (wire/css.md 6.2).
   */
  find(reference: string, source: string | undefined): BlobInfo | undefined;
  /** Notes that an object of the metadata service references the blob: its `objectId` from now on. */
  link(blobId: string, objectId: string): void;
  /** The object no longer references the blob. */
  unlink(blobId: string, objectId: string): void;
  /** Deletes blob and bytes; content lives and dies through the metadata service (wire/css.md section 5). */
  remove(blobId: string): Promise<void>;
  /** Stores bytes as a v3 file, as an upload would. */
  add(fileName: string, mimeType: string, bytes: Buffer): Promise<BlobInfo>;
}
