/** Documents that would go elsewhere, by where they go with the active table and with the draft. */
export interface DryRunChange {
  from: string[];
  to: string[];
  documents: number;
  /** The rule that takes them with the draft; `default` when none does. */
  rule: string;
  /** Some of their ids. */
  samples: string[];
}

export interface DryRunReport {
  documents: number;
  changed: number;
  /** By destination: documents with the active table and with the draft. */
  totals: { destination: string; before: number; after: number }[];
  changes: DryRunChange[];
  /** Documents no rule of the draft matches; they go to the default. */
  unmatched: { documents: number; samples: string[] };
  /** By rule of the draft: documents it decides. */
  byRule: { rule: string; documents: number }[];
  /** Rules that fail, with how many documents. */
  errors: { rule: string; message: string; documents: number; samples: string[] }[];
  milliseconds: number;
}
