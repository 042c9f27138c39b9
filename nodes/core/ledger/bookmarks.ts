/**
 * Where receiving nodes note how far they have come with a list, a job or a poll, so that a restart goes on there. A
 * bookmark belongs to its owner (the id of the node) and has a name of the owner's choice.
 */
export interface LedgerBookmarks {
  /** Undefined when there is none. */
  get<T>(owner: string, name: string): Promise<T | undefined>;
  /** Keeps plain data; undefined takes the bookmark away. On disk when it resolves. */
  set(owner: string, name: string, value: unknown): Promise<void>;
  /**
   * As `set`, unless the bookmark is no longer what the caller has read (undefined: none): then false, and nothing is
   * changed. So that two workers on one ledger do not both begin the same thing.
   */
  swap(owner: string, name: string, read: unknown, value: unknown): Promise<boolean>;
  /** All whose names begin so, by name. */
  list<T>(owner: string, prefix: string): Promise<{ name: string; value: T }[]>;
}
