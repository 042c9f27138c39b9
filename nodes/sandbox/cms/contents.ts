import { randomUUID } from "node:crypto";
import type { BlobInfo, ContentService } from "../kernel/content-service";
import type { Collection, Store } from "../kernel/store";
import { type Draft, textOf } from "./definitions";
import { invalid, notFound } from "./errors";
import type { Content, Instance } from "./model";
import { objectOf } from "./validate";

/** A rendition that was judged, with the blob it names. */
export interface ContentDraft {
  name: string;
  renditionType: Content["rendition_type"];
  source?: string;
  mimeType: string;
  size: number;
  blob: BlobInfo;
}

/** Renditions of instances, and through them the life of blobs (wire/css.md 6.2, section 5). */
export class Contents {
  private readonly contents: Collection<Content>;
  private readonly byOwner = new Map<string, Content[]>();
  /** How many renditions use a blob: it is deleted with the last one. */
  private readonly uses = new Map<string, number>();

  constructor(
    store: Store,
    private readonly service: ContentService,
    private readonly now: () => string,
  ) {
    this.contents = store.collection("content");
    for (const content of this.contents.values()) this.enter(content);
  }

  of(instanceId: string): readonly Content[] {
    return this.byOwner.get(instanceId) ?? [];
  }

  primaryOf(instanceId: string): Content | undefined {
    return this.of(instanceId).find((content) => content.rendition_type === "PRIMARY");
  }

  /** Where the bytes are to be had now; undefined when the content service has lost them. */
  downloadUrlOf(content: Content): string | undefined {
    return this.service.find(content.blob_id, content.source)?.downloadUrl;
  }

  /** Judges `renditions` of a request. Throws CmsError 400. */
  read(value: unknown): ContentDraft[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw invalid("renditions must be a list");
    const drafts = value.map((entry, index) => this.readOne(objectOf(entry, `renditions[${index}]`)));
    if (drafts.filter(({ renditionType }) => renditionType === "PRIMARY").length > 1) throw invalid("there can be one primary rendition");
    return drafts;
  }

  readOne(draft: Draft): ContentDraft {
    const reference = textOf(draft, "blob_id", true);
    const source = textOf(draft, "source", false) || undefined;
    const blob = this.service.find(reference, source);
    if (!blob) throw invalid("blob_id names no content; v3 file ids need source FILE_ID, v2 ids none");
    const renditionType = (textOf(draft, "rendition_type", false) || "primary").toUpperCase();
    if (renditionType !== "PRIMARY" && renditionType !== "SECONDARY") throw invalid("rendition_type must be primary or secondary");
    const size = draft.content_size ?? blob.size;
    if (typeof size !== "number" || !Number.isInteger(size) || size < 0) throw invalid("content_size must be a whole number");
    const name = textOf(draft, "name", false) || blob.fileName;
    return { name, renditionType, source, mimeType: textOf(draft, "mime_type", false) || blob.mimeType, size, blob };
  }

  /** Whether the drafts name just the renditions an instance has: a client that sends back what it got. */
  areThose(instance: Instance, drafts: ContentDraft[]): boolean {
    const has = this.of(instance.id).map((content) => `${content.rendition_type} ${content.blob}`);
    const named = drafts.map(({ renditionType, blob }) => `${renditionType} ${blob.blobId}`);
    return has.sort().join() === named.sort().join();
  }

  /** Adds a rendition and tells the content service who references its blob. Throws CmsError 400. */
  add(instance: Instance, draft: ContentDraft, user: string): Content {
    if (draft.renditionType === "PRIMARY" && this.primaryOf(instance.id)) {
      throw invalid("the instance has a primary rendition already; a new one is a new version");
    }
    const content: Content = {
      id: randomUUID(),
      owner_id: instance.id,
      etag: 1,
      owner: user,
      name: draft.name,
      mime_type: draft.mimeType,
      content_size: draft.size,
      blob_id: draft.blob.id,
      source: draft.source,
      rendition_type: draft.renditionType,
      blob: draft.blob.blobId,
      create_time: this.now(),
      update_time: this.now(),
      created_by: user,
      updated_by: user,
    };
    this.enter(this.contents.put(content.id, content));
    this.service.link(content.blob, instance.id);
    return content;
  }

  /** The same blobs under another instance. */
  copy(from: Instance, to: Instance, user: string): void {
    for (const content of this.of(from.id)) {
      const time = { create_time: this.now(), update_time: this.now(), created_by: user, updated_by: user };
      const copied: Content = { ...content, id: randomUUID(), owner_id: to.id, owner: user, ...time };
      this.enter(this.contents.put(copied.id, copied));
      this.service.link(copied.blob, to.id);
    }
  }

  /** Throws CmsError 404. */
  async delete(instance: Instance, contentId: string): Promise<void> {
    const content = this.of(instance.id).find(({ id }) => id === contentId);
    if (!content) throw notFound(`content '${contentId}' of instance '${instance.id}'`);
    await this.remove(content);
  }

  async deleteAll(instance: Instance): Promise<void> {
    for (const content of [...this.of(instance.id)]) await this.remove(content);
  }

  private async remove(content: Content): Promise<void> {
    this.contents.delete(content.id);
    const left = this.of(content.owner_id).filter(({ id }) => id !== content.id);
    if (left.length > 0) this.byOwner.set(content.owner_id, left);
    else this.byOwner.delete(content.owner_id);
    const uses = (this.uses.get(content.blob) ?? 1) - 1;
    if (uses > 0) {
      this.uses.set(content.blob, uses);
      if (!left.some(({ blob }) => blob === content.blob)) this.service.unlink(content.blob, content.owner_id);
    } else {
      this.uses.delete(content.blob);
      await this.service.remove(content.blob);
    }
  }

  private enter(content: Content): void {
    this.byOwner.set(content.owner_id, [...this.of(content.owner_id), content]);
    this.uses.set(content.blob, (this.uses.get(content.blob) ?? 0) + 1);
  }
}
