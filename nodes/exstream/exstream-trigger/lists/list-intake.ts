import type { Node } from "node-red";
import type { AdmissionRules } from "../../../core/intake/admission";
import type { Bytes } from "../../../core/intake/chunks";
import type { ListContext, ListEntry } from "../../../core/intake/lists/list-entry";
import { StabilityTracker } from "../../../core/intake/sidecars/stability";
import type { Stores } from "../../../runtime/ledger-service";
import type { StatusLine } from "../../../runtime/status";
import type { BatchEvents } from "../batches/batch-events";
import type { Intake } from "../intake-loop";
import { findLists } from "./list-files";
import { LIST_BOOKMARK, ListWork } from "./list-work";

export interface ListSettings {
  folder: string;
  /** File name of lists; `*` stands for anything. */
  listName: string;
  /** Where the documents are; empty: beside their list. */
  documentsFolder: string;
  completion: "stable" | "marker";
  /** Ending of marker files, with its dot. */
  marker: string;
  pollMs: number;
  stablePolls: number;
  /** A document that its list names is waited for so long, milliseconds. */
  orphanMs: number;
  read: (input: Bytes, context: ListContext) => AsyncIterable<ListEntry>;
}

export interface ListDesk {
  node: Node;
  stores: Stores;
  rules: AdmissionRules;
  settings: ListSettings;
  status: StatusLine;
  /** Told what became of a list before its batches can close, again when a kill came in between. */
  batches?: BatchEvents;
}

/**
 * Documents named by list files: index files in the manner of Generic Archive, and cloud delivery files
 * (wire/exstream.md 9.2, 9.3, 13.5). Lists are taken one after the other, the oldest first; see ListWork.
 */
export class ListFolder implements Intake {
  private readonly stability: StabilityTracker;
  private readonly stopping = new AbortController();
  /** Lists that were begun before this start: their markers may be moved already. */
  private begun: Set<string> | undefined;

  constructor(private readonly desk: ListDesk) {
    this.stability = new StabilityTracker(desk.settings.stablePolls);
  }

  stop(): void {
    this.stopping.abort();
  }

  async look(): Promise<void> {
    this.begun ??= await this.known();
    const { folder, listName, completion, marker } = this.desk.settings;
    const lists = await findLists(folder, { pattern: listName, marker });
    const stable = new Set(this.stability.observe(lists.map(({ path, size, mtimeMs }) => ({ name: path, size, mtimeMs }))));
    for (const list of lists) {
      const isComplete = completion === "marker" ? list.markers.length > 0 : stable.has(list.path);
      if ((isComplete || this.begun.has(list.path)) && !this.stopping.signal.aborted)
        await new ListWork(this.desk, list, this.stopping.signal).run();
    }
  }
  private async known(): Promise<Set<string>> {
    const bookmarks = await this.desk.stores.ledger.bookmarks.list(this.desk.rules.origin, LIST_BOOKMARK);
    return new Set(bookmarks.map(({ name }) => name.slice(LIST_BOOKMARK.length)));
  }
}
