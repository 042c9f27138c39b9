import type { Value } from "./types";

/** A content object as an object refers to it. */
export interface ContentRef {
  /** `06...`; also the name of the file with the bytes. */
  id: string;
  format: string;
  /** From 0. */
  page: number;
  modifier: string;
  /** 0 a page of the primary content, 2 a rendition that a client added. */
  rendition: number;
}

/**
 * What differs from a first and only version `1.0`. `CURRENT` and a symbolic label belong to the version with the
 * highest claim on it, so a check-in takes nothing away from older versions and is one write.
 */
export interface VersionRecord {
  number: string;
  /** Symbolic labels with their claims. */
  labels: Record<string, number>;
  /** Claim on `CURRENT`; -1 when the version never asked for it. */
  current: number;
}

/**
 * One object as a line of the store's `objects` kind. Only values that differ from an attribute's empty value are
 * kept; what follows from other records (paths, labels, locks, sizes) is computed (derived.ts).
 */
export interface ObjectRecord {
  id: string;
  type: string;
  values: Record<string, Value>;
  contents?: ContentRef[];
  version?: VersionRecord;
}

/** A line of the store's `contents` kind; it never changes. */
export interface ContentRecord {
  id: string;
  format: string;
  mediaType: string;
  /** Bytes received. */
  size: number;
  /** Lower-case hex, of the bytes received. */
  sha256: string;
  md5: string;
  /** As the client named the file; may be empty. */
  fileName: string;
  setTime: string;
}

/** A line of the store's `locks` kind, by object id. */
export interface LockRecord {
  owner: string;
  date: string;
  /** A version made on top of the object with a higher serial has ended this lock. */
  serial: number;
}
