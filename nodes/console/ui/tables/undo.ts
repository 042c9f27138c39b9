/** What was edited, step by step. */
export interface Edits<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** What the last step changed: the next step in the same field joins it, so that undo takes words back, not letters. */
  readonly field?: string;
}

const stepsKept = 200;

export function beginEdits<T>(present: T): Edits<T> {
  return { past: [], present, future: [] };
}

/** `field`: which field is being typed in; without it the step stands alone. */
export function edit<T>(edits: Edits<T>, present: T, field?: string): Edits<T> {
  if (present === edits.present) return edits;
  const joins = field !== undefined && field === edits.field && edits.future.length === 0;
  const past = joins ? edits.past : [...edits.past, edits.present].slice(-stepsKept);
  return { past, present, future: [], ...(field !== undefined && { field }) };
}

export function undo<T>(edits: Edits<T>): Edits<T> {
  const present = edits.past.at(-1);
  if (present === undefined) return edits;
  return { past: edits.past.slice(0, -1), present, future: [edits.present, ...edits.future] };
}

export function redo<T>(edits: Edits<T>): Edits<T> {
  const [present, ...future] = edits.future;
  if (present === undefined) return edits;
  return { past: [...edits.past, edits.present], present, future };
}
