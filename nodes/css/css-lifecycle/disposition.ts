import { randomUUID } from "node:crypto";
import { asText } from "../../clients/http/json";
import { DocbridgeError } from "../../core/errors";
import type { LedgerBookmarks } from "../../core/ledger/bookmarks";
import { INTEGRITY_INSTANCE } from "../../core/lifecycle/lifecycle";
import type { GovernedObject } from "../../runtime/governed-object";
import type { Settings } from "./config";
import { type Deletion, demandDeletable } from "./deletion";

/** A deletion that was asked for, and is carried out when somebody else approves. */
export interface ScheduledDisposition {
  id: string;
  objectId: string;
  type: string;
  scheduledBy: string;
  scheduledAt: string;
  policy?: string;
  basis?: string;
  retainUntil: string;
}

/** What is left of an object that was destroyed: who wanted it, who approved it, under which policy, which bytes. */
export interface DestructionCertificate extends ScheduledDisposition {
  kind: "certificate of destruction";
  documentKey?: string;
  approvedBy: string;
  approvedAt: string;
  destroyedAt: string;
  how: "bin" | "forGood";
  /** The newest first; `sha256` as the integrity trait of the version had it. */
  versions: { id: string; version?: number; sha256?: string; bytes?: number }[];
  /** The process ended between the deletion and this certificate: it was written when the object was found gone. */
  recovered?: true;
}

/** What the ledger keeps of an object's disposition; the certificate stays. */
interface Entry {
  scheduled: ScheduledDisposition;
  /** Written before the deletion begins, so that none is left without its certificate. */
  draft?: DestructionCertificate;
  certificate?: DestructionCertificate;
}

export interface DispositionParts {
  bookmarks: LedgerBookmarks;
  /** In the ledger. */
  owner: string;
  settings: Pick<Settings, "cmsType" | "names" | "deletion" | "keyAttribute">;
  read: (id: string) => Promise<GovernedObject>;
  deletion: Deletion;
}

/** Destroys objects whose retention is over in two steps by two people. Both steps read holds and retention anew. */
export class Disposition {
  constructor(private readonly parts: DispositionParts) {}

  /** Notes that the object is to be destroyed; once. Throws `on-hold`, `retained`, `not-due`. */
  async schedule(id: string, by: string): Promise<ScheduledDisposition> {
    const object = await this.parts.read(id);
    demandDeletable(object, id, Date.now(), true);
    const { retainUntil = "", policy, basis } = object.retention ?? {};
    const scheduled: ScheduledDisposition = {
      id: randomUUID(),
      objectId: id,
      type: this.parts.settings.cmsType,
      scheduledBy: by,
      scheduledAt: new Date().toISOString(),
      ...(policy ? { policy } : {}),
      ...(basis ? { basis } : {}),
      retainUntil,
    };
    if (await this.swap(id, undefined, { scheduled })) return scheduled;
    return (await this.entry(id))?.scheduled ?? this.schedule(id, by);
  }

  /**
   * Carries it out for the one who approves. Throws `approval-needed` when nothing is scheduled or the same person did
   * both, and what `Deletion.carryOut` throws: a hold that came meanwhile stops it, and it stays scheduled.
   */
  async approve(id: string, by: string): Promise<DestructionCertificate> {
    const entry = await this.entry(id);
    if (!entry) throw refused(id, "No disposition is scheduled for it. Schedule it first; somebody else approves it then.");
    // The message came twice, or its answer was lost.
    if (entry.certificate) return entry.certificate;
    if (isSame(entry.scheduled.scheduledBy, by)) throw refused(id, "Whoever has scheduled it cannot approve it. Somebody else has to.");
    const object = await this.parts.read(id).catch((thrown) => {
      if (entry.draft && thrown instanceof DocbridgeError && thrown.code === "not-found") return undefined;
      throw thrown;
    });
    if (!object) return this.conclude(id, entry, { ...(entry.draft as DestructionCertificate), recovered: true });
    demandDeletable(object, id, Date.now(), true);
    const draft = this.certificate(entry.scheduled, object, by);
    const begun: Entry = { scheduled: entry.scheduled, draft };
    // Somebody else has approved it in this moment.
    if (!(await this.swap(id, entry, begun))) return this.approve(id, by);
    const destroyed = await this.parts.deletion.carryOut(id, { how: draft.how, by, expire: true }).catch(async (thrown) => {
      // What was refused is not destroyed: should the object go in another way, that is no certificate of ours.
      if (thrown instanceof DocbridgeError && !thrown.ambiguous) await this.swap(id, begun, { scheduled: entry.scheduled });
      throw thrown;
    });
    return this.conclude(id, begun, { ...this.certificate(entry.scheduled, destroyed, by), approvedAt: draft.approvedAt });
  }

  private async conclude(id: string, read: Entry, certificate: DestructionCertificate): Promise<DestructionCertificate> {
    await this.swap(id, read, { scheduled: read.scheduled, certificate });
    return (await this.entry(id))?.certificate ?? certificate;
  }

  private certificate(
    scheduled: ScheduledDisposition,
    { versions, latest, retention }: GovernedObject,
    by: string,
  ): DestructionCertificate {
    const { names, deletion: how, keyAttribute } = this.parts.settings;
    const now = new Date().toISOString();
    const documentKey = asText(latest.instance.properties[keyAttribute]);
    return {
      kind: "certificate of destruction",
      ...scheduled,
      ...(retention ? { retainUntil: retention.retainUntil } : {}),
      ...(documentKey ? { documentKey } : {}),
      approvedBy: by,
      approvedAt: now,
      destroyedAt: now,
      how,
      versions: versions.map(({ ref, instance }) => {
        const integrity = (instance.traits[names.integrity] as Record<string, Record<string, unknown>> | undefined)?.[INTEGRITY_INSTANCE];
        const sha256 = asText(integrity?.sha256);
        const bytes = integrity?.bytes;
        return {
          id: ref.id,
          ...(instance.versionNo === undefined ? {} : { version: instance.versionNo }),
          ...(sha256 ? { sha256 } : {}),
          ...(typeof bytes === "number" ? { bytes } : {}),
        };
      }),
    };
  }

  private entry(id: string): Promise<Entry | undefined> {
    return this.parts.bookmarks.get(this.parts.owner, id);
  }

  private swap(id: string, read: Entry | undefined, value: Entry): Promise<boolean> {
    return this.parts.bookmarks.swap(this.parts.owner, id, read, value);
  }
}

/** Two people, however they write their names. */
function isSame(one: string, other: string): boolean {
  const plain = (name: string) => name.normalize("NFKC").trim().toLowerCase();
  return plain(one) === plain(other);
}

function refused(id: string, why: string): DocbridgeError {
  return new DocbridgeError("approval-needed", { message: `CMS object ${id} was not destroyed. ${why}`, subject: id });
}
