import type { Collection, Damage, Store } from "../../kernel/store";
import { dateText } from "../wire/dates";
import type { IdSource } from "./id-source";
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

/** Content objects and their files. A content object can belong to several versions and goes with the last of them. */
export class Contents {
  private readonly records: Collection<ContentRecord>;

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
    await this.discard([...this.records.values()].map(({ id }) => id));
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
    const { size, md5, sha256 } = await this.store.writeContent(id, body, intake.damage);
    const { format, mediaType, fileName } = intake;
    return this.records.put(id, { id, format, mediaType, size, sha256, md5, fileName, setTime: dateText(this.now()) });
  }

  /** Deletes those of the contents that no object refers to any more. */
  async discard(ids: Iterable<string>): Promise<void> {
    for (const id of ids) await this.discardUnused(id);
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
