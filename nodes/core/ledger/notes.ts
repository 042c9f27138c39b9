/** What nodes note in the event chain of a document, besides what the ledger itself does with it. */
export const NOTE_TYPES = [
  "recall-promised",
  "recalled",
  "lifecycle",
  "disposition-scheduled",
  "disposition-stopped",
  "destroyed",
] as const;

export type NoteType = (typeof NOTE_TYPES)[number];
