import { randomUUID } from "node:crypto";
import type { Collection, Store } from "../../kernel/store";
import { derivedUuid } from "../uuid";
import {
  type CollectionRecord,
  type ContentRecord,
  type HistoryRecord,
  type LinkRecord,
  type ResourceRecord,
  type State,
  TRANSITIONS,
  type Workflow,
} from "./resource";
import { seedLibrary } from "./seed";

/** Why a change of a resource is refused; the bulk change of states sorts by it. */
export type Obstacle = "locked" | "state" | "children";

/** A change that the state of a resource does not allow (G2). */
export class NotNow extends Error {
  constructor(
    readonly obstacle: Obstacle,
    message: string,
  ) {
    super(message);
  }
}

/** The assets of the domain: versions, contents, states, links, and which of them a composition used. */
export class Library {
  readonly collections: Collection<CollectionRecord>;
  private readonly resources: Collection<ResourceRecord>;
  private readonly links: Collection<LinkRecord>;
  private readonly history: Collection<HistoryRecord>;

  constructor(
    readonly store: Store,
    private readonly now: () => number,
    private readonly workflow: () => Workflow,
  ) {
    this.collections = store.collection("collection");
    this.resources = store.collection("resource");
    this.links = store.collection("link");
    this.history = store.collection("history");
    if (this.resources.size() === 0) seedLibrary(this);
  }

  all(): ResourceRecord[] {
    return [...this.resources.values()];
  }

  /** All versions of a resource, the oldest first. */
  versions(id: string): ResourceRecord[] {
    return this.all()
      .filter((each) => each.id === id)
      .sort((a, b) => a.version - b.version);
  }

  latest(id: string): ResourceRecord | undefined {
    return this.versions(id).at(-1);
  }

  /** The version a production run takes. */
  approved(id: string): ResourceRecord | undefined {
    return this.versions(id).findLast((each) => each.state === "APPROVED");
  }

  isLatest({ id, version }: ResourceRecord): boolean {
    return this.latest(id)?.version === version;
  }

  /** Stores bytes; what gives them a place is `enter` or `setContent`. */
  async keep(mimeType: string, bytes: AsyncIterable<Uint8Array>): Promise<ContentRecord> {
    const file = `design-${randomUUID()}`;
    const { size, sha256 } = await this.store.writeContent(file, bytes);
    return { file, mimeType, size, sha256 };
  }

  /** Enters a version that is there as it is: by the seed, or by an import. */
  enter(record: ResourceRecord): void {
    this.resources.put(keyOf(record), record);
  }

  create(user: string, fields: { name: string; type: string; subtype?: string; content: ContentRecord }): ResourceRecord {
    const at = this.date();
    const record: ResourceRecord = {
      id: randomUUID(),
      version: 1,
      name: fields.name,
      type: fields.type,
      state: "DRAFT",
      description: "",
      stateComment: "",
      locked: false,
      createdBy: user,
      createdDate: at,
      lastModifiedBy: user,
      lastModifiedDate: at,
      metadata: fields.subtype ? { subtype: fields.subtype } : {},
      contents: { content: fields.content },
    };
    this.resources.put(keyOf(record), record);
    this.note(record, user, "CREATE");
    return record;
  }

  /** Replaces bytes of a draft. Throws `NotNow`. */
  setContent(record: ResourceRecord, kind: string, content: ContentRecord, user: string): ResourceRecord {
    this.demandDraft(record, user);
    const changed = this.put(record, user, { contents: { ...record.contents, [kind]: content } });
    this.note(changed, user, "CONTENT");
    return changed;
  }

  /** Changes what a draft says of itself. Throws `NotNow`. */
  setFields(record: ResourceRecord, fields: Partial<ResourceRecord>, user: string): ResourceRecord {
    this.demandDraft(record, user);
    const changed = this.put(record, user, fields);
    this.note(changed, user, "METADATA");
    return changed;
  }

  /** Throws `NotNow` when somebody else has the lock. */
  setLock(record: ResourceRecord, locked: boolean, user: string, force = false): ResourceRecord {
    if (!force) this.demandUnlocked(record, user);
    return this.put(record, user, { locked, lockedBy: locked ? user : undefined });
  }

  /** Takes the latest version of a resource into another state. Throws `NotNow`. */
  changeState(record: ResourceRecord, to: State, user: string, comment = "", locked?: boolean): ResourceRecord {
    this.demandUnlocked(record, user);
    const allowed = TRANSITIONS[this.workflow()][record.state] ?? [];
    if (!allowed.includes(to)) throw new NotNow("state", `${record.state} leads to ${allowed.join(" or ") || "nothing"}, not to ${to}`);
    if (to === "APPROVED") this.demandApprovedChildren(record);
    const lock = locked === undefined ? {} : { locked, lockedBy: locked ? user : undefined };
    const fields = { state: to, stateComment: comment, ...lock };
    const changed =
      record.state === "APPROVED"
        ? this.nextVersion(record, user, fields)
        : this.put(record, user, { ...fields, approvedBy: to === "APPROVED" ? user : record.approvedBy });
    this.note(changed, user, "STATE", comment);
    return changed;
  }

  /** Makes an old version's bytes and fields those of the draft, or of a new draft if the latest version is approved. Throws `NotNow`. */
  revert(id: string, old: ResourceRecord, user: string, comment?: string): ResourceRecord {
    const latest = this.latest(id) as ResourceRecord;
    const fields = { name: old.name, description: old.description, metadata: old.metadata, contents: old.contents };
    if (latest.state !== "APPROVED") this.demandDraft(latest, user);
    const changed =
      latest.state === "APPROVED" ? this.nextVersion(latest, user, { ...fields, state: "DRAFT" }) : this.put(latest, user, fields);
    this.note(changed, user, "CONTENT", comment);
    return changed;
  }

  historyOf(id: string): HistoryRecord[] {
    return [...this.history.values()].filter((entry) => entry.id === id);
  }

  allLinks(): LinkRecord[] {
    return [...this.links.values()];
  }

  link(link: LinkRecord): void {
    this.links.put(linkKey(link), link);
  }

  unlink(link: LinkRecord): boolean {
    return this.links.delete(linkKey(link));
  }

  /** What a version uses, level by level up to `depth`; each link once. */
  linksFrom(subject: ResourceRecord, depth: number): LinkRecord[] {
    const found: LinkRecord[] = [];
    let level = [subject];
    const seen = new Set([keyOf(subject)]);
    for (let at = 0; at < depth && level.length > 0; at += 1) {
      const links = level.flatMap((each) =>
        this.allLinks().filter((link) => link.linkSubjectId === each.id && link.subjectVersion === each.version),
      );
      found.push(...links);
      level = links
        .flatMap(({ linkObjectId }) => this.approved(linkObjectId) ?? this.latest(linkObjectId) ?? [])
        .filter((each) => !seen.has(keyOf(each)));
      for (const each of level) seen.add(keyOf(each));
    }
    return found;
  }

  /** Notes, once for each step, which versions a composition uses: a version of the communication and what is approved of all it links to. */
  noteUse(flowStepId: string, communication: { id: string; version: number }): void {
    const root = this.versions(communication.id).find(({ version }) => version === communication.version);
    if (!root || this.collections.has(collectionIdOf(flowStepId))) return;
    const used = [root, ...this.linksFrom(root, Number.POSITIVE_INFINITY).flatMap(({ linkObjectId }) => this.approved(linkObjectId) ?? [])];
    const resources = [...new Map(used.map(({ id, version }) => [`${id}@${version}`, { id, version }])).values()];
    this.collections.put(collectionIdOf(flowStepId), { resources });
  }

  /** Makes the changes of `work` all at once: after a kill either all of them are there, or none. */
  together(work: () => void): void {
    this.store.begin();
    try {
      work();
    } catch (error) {
      this.store.rollback({});
      throw error;
    }
    this.store.commit();
  }

  private nextVersion(record: ResourceRecord, user: string, fields: Partial<ResourceRecord>): ResourceRecord {
    const at = this.date();
    const next = { ...record, ...fields, version: record.version + 1, approvedBy: undefined, createdBy: user, createdDate: at };
    this.resources.put(keyOf(next), { ...next, lastModifiedBy: user, lastModifiedDate: at });
    for (const link of this.allLinks()) {
      if (link.linkSubjectId === record.id && link.subjectVersion === record.version) this.link({ ...link, subjectVersion: next.version });
    }
    return this.resources.get(keyOf(next)) as ResourceRecord;
  }

  private put(record: ResourceRecord, user: string, fields: Partial<ResourceRecord>): ResourceRecord {
    return this.resources.put(keyOf(record), { ...record, ...fields, lastModifiedBy: user, lastModifiedDate: this.date() });
  }

  private note(record: ResourceRecord, user: string, historyType: HistoryRecord["historyType"], auditedComment?: string): void {
    const { id, version, state, type } = record;
    const operation = historyType === "CREATE" ? "INSERT" : "UPDATE";
    this.history.put(String(this.history.size() + 1), {
      id,
      version,
      state,
      type,
      modifiedBy: user,
      modifiedDate: this.date(),
      operation,
      historyType,
      auditedComment,
    });
  }

  /** Throws `NotNow` unless the user may change the content of a version. */
  demandDraft(record: ResourceRecord, user: string): void {
    this.demandUnlocked(record, user);
    if (record.state !== "DRAFT") throw new NotNow("state", `the resource is in state ${record.state}; only a DRAFT can be changed`);
  }

  private demandUnlocked(record: ResourceRecord, user: string): void {
    if (record.locked && record.lockedBy !== user) throw new NotNow("locked", `the resource is locked by ${record.lockedBy}`);
  }

  private demandApprovedChildren(record: ResourceRecord): void {
    const open = this.linksFrom(record, 1).find(({ linkObjectId }) => !this.approved(linkObjectId));
    if (open) throw new NotNow("children", `the resource uses '${open.linkObjectId}', of which no version is approved`);
  }

  private date(): string {
    return new Date(this.now()).toISOString();
  }
}

/** The collection of a communication step; derived, so that the step need not carry it. */
export function collectionIdOf(flowStepId: string): string {
  return derivedUuid(`collection ${flowStepId}`);
}

function keyOf({ id, version }: { id: string; version: number }): string {
  return `${id}@${version}`;
}

function linkKey({ linkSubjectId, subjectVersion, linkObjectId }: LinkRecord): string {
  return `${linkSubjectId}@${subjectVersion}>${linkObjectId}`;
}
