/** A version of a design asset that a run of Exstream used (wire/exstream.md 10.7). */
export interface RunAsset {
  id: string;
  version: number;
  /** Exstream's word, for example `exstrapplication`. */
  type: string;
  name: string;
  /** Its state when it was asked for, for example `APPROVED`. */
  state: string;
  approvedBy?: string;
  /** ISO 8601. */
  lastModified?: string;
}

/** Which asset versions the run of a batch used, as it was asked for. */
export interface RunAssets {
  batch: string;
  /** ISO 8601: when the last of them was entered. */
  at: string;
  /** By name, then version. */
  assets: RunAsset[];
  /** The list is the one whose hash stands in the audit log. */
  isIntact: boolean;
}
