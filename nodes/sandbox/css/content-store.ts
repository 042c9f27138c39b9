import { randomUUID } from "node:crypto";
import type { SandboxApp } from "../kernel/app";
import type { BlobInfo, ContentService } from "../kernel/content-service";
import type { Collection, Damage, Store } from "../kernel/store";
import { watchForTestVirus } from "./virus-scan";

/** One blob as noted in `css.jsonl`; its bytes are the file `css/<blobId>`. */
export interface ContentRecord {
  blobId: string;
  api: "v2" | "v3";
  /** Objects of the metadata service that reference the blob; the last one shows as `objectId`. */
  objectIds: string[];
  mimeType: string;
  fileName: string;
  size: number;
  md5: string;
  sha256: string;
  tenantId: string;
  infected: boolean;
  createdBy: string;
  createDate: string;
  lastUpdated: string;
}

/** What an upload says of its bytes. */
export interface Upload {
  api: "v2" | "v3";
  fileName: string;
  mimeType: string;
  tenantId: string;
  user: string;
  damage?: Damage;
}

interface ServiceIds {
  repositoryId: string;
  providerId: string;
  createdAt: string;
}

/** The blobs of the content stand-in. */
export class ContentStore implements ContentService {
  readonly store: Store;
  readonly ids: ServiceIds;
  private readonly contents: Collection<ContentRecord>;

  constructor(
    private readonly app: SandboxApp,
    private readonly tenant: string,
  ) {
    this.store = app.store("css");
    this.contents = this.store.collection("content");
    const service = this.store.collection<ServiceIds>("service");
    this.ids =
      service.get("ids") ??
      service.put("ids", { repositoryId: randomUUID(), providerId: randomUUID(), createdAt: new Date(app.now()).toISOString() });
  }

  /**
   * Streams one upload to disk without entering it yet: `enter` does, once the whole request is in. Size and checksums
   * are those of the bytes the server received, so damage by a fault switch shows only when the content is read back.
   */
  async receive(upload: Upload, body: AsyncIterable<Uint8Array>, blobId: string = randomUUID()): Promise<ContentRecord> {
    const { damage, user, ...declared } = upload;
    const scan = watchForTestVirus(body);
    const stored = await this.store.writeContent(blobId, scan.body, damage);
    const now = new Date(this.app.now()).toISOString();
    return {
      blobId,
      ...declared,
      objectIds: [],
      ...stored,
      infected: scan.infected(),
      createdBy: user,
      createDate: now,
      lastUpdated: now,
    };
  }

  enter(record: ContentRecord): ContentRecord {
    return this.contents.put(record.blobId, record);
  }

  /** Deletes the bytes of uploads that are not entered. */
  async discard(records: ContentRecord[]): Promise<void> {
    for (const { blobId } of records) await this.store.deleteContent(blobId);
  }

  pathOf(record: ContentRecord): string {
    return this.store.contentPath(record.blobId);
  }

  all(): Iterable<ContentRecord> {
    return this.contents.values();
  }

  /** Base64 of `r=<repository>&i=<blobId>`, padding kept (wire/css.md 3.3). A v3 id is opaque; ours is the blob id. */
  idOf(record: ContentRecord): string {
    if (record.api === "v3") return record.blobId;
    return Buffer.from(`r=${this.ids.repositoryId}&i=${record.blobId}`).toString("base64");
  }

  /** By v2 id, or by blob id, which some clients put in its place (wire/css.md 3.3). */
  findV2(id: string): ContentRecord | undefined {
    const pair = /^r=.+&i=(.+)$/.exec(Buffer.from(id, "base64").toString("latin1"));
    const record = this.contents.get(pair?.[1] ?? id);
    if (record?.api !== "v2") return undefined;
    return id === record.blobId || id === this.idOf(record) ? record : undefined;
  }

  findV3(id: string): ContentRecord | undefined {
    const record = this.contents.get(id);
    return record?.api === "v3" ? record : undefined;
  }

  find(reference: string, source: string | undefined): BlobInfo | undefined {
    if (source?.toUpperCase() === "FILE_ID") return this.infoOf(this.findV3(reference));
    const inUrl = /^https?:\/\/.*\/v2\/content\/([^/?]+)\/download/.exec(reference)?.[1];
    return this.infoOf(this.findV2(inUrl ? decodeURIComponent(inUrl) : reference));
  }

  link(blobId: string, objectId: string): void {
    this.setObjects(blobId, (ids) => [...ids.filter((id) => id !== objectId), objectId]);
  }

  unlink(blobId: string, objectId: string): void {
    this.setObjects(blobId, (ids) => ids.filter((id) => id !== objectId));
  }

  async remove(blobId: string): Promise<void> {
    this.contents.delete(blobId);
    await this.store.deleteContent(blobId);
  }

  async add(fileName: string, mimeType: string, bytes: Buffer): Promise<BlobInfo> {
    const upload: Upload = { api: "v3", fileName, mimeType, tenantId: this.tenant, user: "sandbox" };
    const record = this.enter(await this.receive(upload, toStream(bytes)));
    return this.infoOf(record) as BlobInfo;
  }

  private setObjects(blobId: string, change: (ids: string[]) => string[]): void {
    const record = this.contents.get(blobId);
    if (!record) return;
    this.contents.put(blobId, { ...record, objectIds: change(record.objectIds), lastUpdated: new Date(this.app.now()).toISOString() });
  }

  private infoOf(record: ContentRecord | undefined): BlobInfo | undefined {
    if (!record) return undefined;
    const id = this.idOf(record);
    const base = `${this.app.origin}/css`;
    const downloadUrl = record.api === "v3" ? `${base}/v3/files/${id}/stream` : `${base}/v2/content/${id}/download`;
    return { blobId: record.blobId, id, mimeType: record.mimeType, fileName: record.fileName, size: record.size, downloadUrl };
  }
}

async function* toStream(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes;
}
