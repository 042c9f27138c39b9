import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { NodeAPI, NodeMessage } from "node-red";
import type { DocumentumObject, FoundRow } from "../../clients/documentum/documentum";
import { DocbridgeError } from "../../core/errors";
import type { Send } from "../../runtime/input";
import { RemoteContent } from "../../runtime/remote-content";

export interface EmitterOptions {
  emit: "documents" | "rows" | "list";
  limit: number;
  /** Wait for `tick` after every page. */
  ticks: boolean;
  open: (object: DocumentumObject) => Promise<Readable>;
  signal: AbortSignal;
}

/** Hands the rows of one query to the flow, never more than a page ahead of it, and tells how many there were. */
export class Emitter {
  private readonly stopping = new AbortController();
  private readonly id: string;
  private ticked: (() => void) | undefined;
  /** A tick that came before it was waited for. */
  private early = false;
  private sent = 0;
  private more = false;
  private readonly list: unknown[] = [];
  /** Held back until it is known whether it is the last, and whether the next row is of the same object. */
  private held: FoundRow | undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly message: NodeMessage,
    private readonly send: Send,
    private readonly options: EmitterOptions,
  ) {
    this.id = RED.util.generateId();
  }

  get signal(): AbortSignal {
    return AbortSignal.any([this.options.signal, this.stopping.signal]);
  }

  /** The flow is ready for the next page. */
  tick(): void {
    if (this.ticked) this.ticked();
    else this.early = true;
  }

  /** Ends the query: what was found so far is all there is. */
  stop(): void {
    this.stopping.abort();
    this.ticked?.();
  }

  /** Sends everything, then the count on the second output. */
  async take(pages: AsyncGenerator<FoundRow[]>, report: (found: number) => void): Promise<number> {
    const { emit, limit } = this.options;
    try {
      for await (const rows of pages) {
        const full = this.takePage(rows);
        report(this.sent);
        if (full) break;
        if (this.options.ticks && emit !== "list") await this.nextTick();
        // What was sent gets its turn before more is asked for.
        else await nextTurn();
      }
    } catch (thrown) {
      if (!this.stopping.signal.aborted) throw thrown;
      this.more = true;
    }
    if (this.held && this.sent < limit) this.hand(this.held, true);
    if (emit === "list") this.send([this.cloned({ payload: this.list }), null]);
    this.send([null, this.cloned({ payload: { count: this.sent, more: this.more } })]);
    return this.sent;
  }

  /** True when the limit is reached. */
  private takePage(rows: FoundRow[]): boolean {
    for (const row of rows) {
      if (this.held && isSame(this.held, row)) {
        merge(this.held, row);
        continue;
      }
      if (this.held) {
        const last = this.sent + 1 >= this.options.limit;
        this.hand(this.held, last);
        this.held = undefined;
        if (last) {
          this.more = true;
          return true;
        }
      }
      this.held = row;
    }
    return false;
  }

  private hand(row: FoundRow, isLast: boolean): void {
    const { emit } = this.options;
    const index = this.sent;
    this.sent += 1;
    if (emit === "list") {
      this.list.push(row.values);
      return;
    }
    const parts = { id: this.id, type: "array", index, ...(isLast ? { count: this.sent } : {}) };
    this.send([this.cloned({ ...(emit === "rows" ? { payload: row.values } : { found: this.foundOf(row) }), parts }), null]);
  }

  private foundOf({ object, values }: FoundRow) {
    if (!object) {
      throw new DocbridgeError("configuration", {
        message: "The statement does not select r_object_id, so its rows are no documents. Select it, or let the node emit rows.",
        subject: "dql",
      });
    }
    const { objectId, chronicleId, name, type, versionLabel, size, format } = object;
    const info = { objectId, fileName: name ?? objectId, ...(size === undefined ? {} : { size }), ...(format ? { format } : {}) };
    return {
      objectId,
      ...(chronicleId ? { chronicleId } : {}),
      ...(name ? { name } : {}),
      ...(type ? { type } : {}),
      ...(versionLabel ? { version: versionLabel } : {}),
      values,
      content: new RemoteContent(info, () => this.options.open(object)),
    };
  }

  private cloned(more: object): NodeMessage {
    return Object.assign(this.RED.util.cloneMessage(this.message), more);
  }

  private nextTick(): Promise<void> {
    return new Promise((resolve, reject) => {
      const cut = () => reject(this.options.signal.reason);
      this.options.signal.addEventListener("abort", cut, { once: true });
      this.ticked = () => {
        this.ticked = undefined;
        this.options.signal.removeEventListener("abort", cut);
        resolve();
      };
      if (this.early || this.stopping.signal.aborted) this.ticked();
      this.early = false;
    });
  }
}

/** A repeating column can spread one object over several rows. */
function isSame(a: FoundRow, b: FoundRow): boolean {
  return a.object !== undefined && a.object.objectId === b.object?.objectId;
}

function merge(into: FoundRow, row: FoundRow): void {
  for (const [name, value] of Object.entries(row.values)) {
    const known = into.values[name];
    if (Array.isArray(known) && Array.isArray(value)) into.values[name] = [...known, ...value.filter((each) => !known.includes(each))];
  }
}
