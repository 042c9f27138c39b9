import { linkSync, readdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { Collection, Damage, Store, StoredContent } from "../../kernel/store";
import { dateText } from "../wire/dates";
import { type IdSource, NO_ID } from "./id-source";
import type { ObjectTable } from "./object-table";
import type { ContentRecord, ContentRef, ObjectRecord } from "./records";

/** What a client says about bytes it sends. */
export interface ContentIntake {
  format: string;
  mediaType: string;
  fileName: string;
  damage?: Damage;
}

/** Which of an object's contents is meant; what is absent is taken from the first primary page. */
export interface ContentChoice {
  format?: string;
  page?: number;
  modifier?: string;
}

/** Bytes that are on disk before it is known what they belong to: the attachments of a batch. */
export class StagedContent implements AsyncIterable<Uint8Array> {
  /** The content that has taken the file over. */
  takenBy: string | undefined;

  constructor(
    readonly id: string,
    readonly mediaType: string,
    readonly stored: StoredContent,
  ) {}

  /** They are taken over, never read: reading would mean waiting for the disk in the middle of a transaction. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    throw new Error("staged content is taken over as it is");
  }
}

/** Content objects and their files. A content object can belong to several versions and goes with the last of them. */
export class Contents {
  private readonly records: Collection<ContentRecord>;
  /** While a transaction runs: what is to be looked at when it has ended, because it was discarded or is new. */
  private held: Set<string> | undefined;

  constructor(
    private readonly store: Store,
    private readonly objects: ObjectTable,
    private readonly ids: IdSource,
    private readonly now: () => number,
  ) {
    this.records = store.collection<ContentRecord>("contents");
  }

  /** At start: deletes what belongs to no object, because the process was killed between writing the two. */
  async discardAbandoned(): Promise<void> {
    const files = readdirSync(dirname(this.pathOf(NO_ID))).filter((name) => /^06[0-9a-f]{14}$/.test(name));
    await this.discard(new Set([...files, ...[...this.records.values()].map(({ id }) => id)]));
  }

  get(id: string): ContentRecord | undefined {
    return this.records.get(id);
  }

  pathOf(id: string): string {
    return this.store.contentPath(id);
  }

  /** Streams bytes into a new content object. It counts for nothing until an object refers to it. */
  async write(body: AsyncIterable<Uint8Array>, intake: ContentIntake): Promise<ContentRecord> {
    const id = this.ids.id("06");
    const { size, md5, sha256 } =
      body instanceof StagedContent ? this.takeOver(body, id) : await this.store.writeContent(id, body, intake.damage);
    this.held?.add(id);
    const { format, mediaType, fileName } = intake;
    return this.records.put(id, { id, format, mediaType, size, sha256, md5, fileName, setTime: dateText(this.now()) });
  }

  /** Streams bytes to disk for contents that are made of them later. */
  async stage(body: AsyncIterable<Uint8Array>, mediaType: string, damage?: Damage): Promise<StagedContent> {
    // The store deletes files of this name at its start.
    const id = `${this.ids.id("06")}.part`;
    return new StagedContent(id, mediaType, await this.store.writeContent(id, body, damage));
  }

  /** Deletes staged bytes that nothing was made of. */
  async unstage(staged: Iterable<StagedContent>): Promise<void> {
    for (const { id, takenBy } of staged) if (takenBy === undefined) await this.store.deleteContent(id);
  }

  /** Deletes those of the contents that no object refers to any more. */
  async discard(ids: Iterable<string>): Promise<void> {
    if (this.held) for (const id of ids) this.held.add(id);
    else for (const id of ids) await this.discardUnused(id);
  }

  /** From now on nothing is deleted, until `release`: a transaction may still be taken back. */
  hold(): void {
    this.held = new Set();
  }

  /** After a transaction has ended, one way or the other: deletes what nothing refers to now. */
  async release(): Promise<void> {
    const held = this.held ?? [];
    this.held = undefined;
    await this.discard(held);
  }

  /** The first content made of staged bytes gets the file, further ones a link to it. */
  private takeOver(staged: StagedContent, id: string): StoredContent {
    if (staged.takenBy === undefined) renameSync(this.pathOf(staged.id), this.pathOf(id));
    else linkSync(this.pathOf(staged.takenBy), this.pathOf(id));
    staged.takenBy = id;
    return staged.stored;
  }

  private async discardUnused(id: string): Promise<void> {
    for (const _user of this.objects.withContent(id)) return;
    this.records.delete(id);
    await this.store.deleteContent(id);
  }
}

/** Pages of the primary content in their order. */
export function primaryPages(record: ObjectRecord): ContentRef[] {
  return (record.contents ?? []).filter(({ rendition }) => rendition === 0).sort((a, b) => a.page - b.page);
}

/** The content a choice names, if the object has it. */
export function chooseContent(record: ObjectRecord, choice: ContentChoice): ContentRef | undefined {
  const format = choice.format ?? primaryPages(record)[0]?.format;
  const { page = 0, modifier = "" } = choice;
  return record.contents?.find((ref) => ref.format === format && ref.page === page && ref.modifier === modifier);
}
