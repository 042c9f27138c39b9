import { join } from "node:path";
import type { Node } from "node-red";
import { asDocbridgeError, DocbridgeError } from "../../../core/errors";
import { type AdmissionRules, admissionOf } from "../../../core/intake/admission";
import type { IntakeFacts } from "../../../core/intake/metadata";
import { type PairedDocument, type Pairing, type PairingRule, pairUp } from "../../../core/intake/sidecars/pairing";
import { readSidecarJson } from "../../../core/intake/sidecars/sidecar-json";
import { readSidecarXml } from "../../../core/intake/sidecars/sidecar-xml";
import { StabilityTracker } from "../../../core/intake/sidecars/stability";
import type { Stores } from "../../../runtime/ledger-service";
import { conflictOf } from "../conflict";
import type { Intake } from "../intake-loop";
import { isSameFile, listFiles, moveTo, namesIn, readSmall, reject } from "./folder-files";

export interface SidecarSettings {
  folder: string;
  sidecar: "auto" | "json" | "xml";
  completion: "stable" | "marker";
  /** Ending of marker files, with its dot. */
  marker: string;
  stablePolls: number;
  /** A document without sidecar, or a sidecar without document, is given up after this long, milliseconds. */
  orphanMs: number;
}

const SIDECAR_BYTES = 1024 * 1024;
/** Documents taken in at a time: reading and syncing overlap, and the ledger commits them together. */
const PARALLEL = 8;

/**
 * Documents with sidecars (wire/exstream.md 13.5). Files leave the folder for `processed/` once bytes and ledger entry are
 * on disk, for `error/` with a reason when a person has to look; a failure of our own stores leaves them where they are
 * for the next look.
 */
export class SidecarFolder implements Intake {
  private readonly stability: StabilityTracker;
  private readonly rule: PairingRule;
  private readonly aloneSince = new Map<string, number>();
  private stopped = false;
  private tidied = false;

  constructor(
    private readonly node: Node,
    private readonly stores: Stores,
    private readonly rules: AdmissionRules,
    private readonly settings: SidecarSettings,
  ) {
    this.stability = new StabilityTracker(settings.stablePolls);
    this.rule = {
      rule: "stem",
      ...(settings.sidecar === "auto" ? {} : { sidecarExtensions: [`.${settings.sidecar}`] }),
      markers: { document: [settings.marker] },
      needsMarker: settings.completion === "marker",
    };
  }

  stop(): void {
    this.stopped = true;
  }

  async look(): Promise<void> {
    if (!this.tidied) await this.finishMoves();
    const files = await listFiles(this.settings.folder);
    const stable = new Set(this.stability.observe(files));
    const found = pairUp(
      files.map((file) => file.name),
      this.rule,
    );
    const ready = found.pairs.filter(({ document, sidecar }) => stable.has(document) && stable.has(sidecar));
    await this.takeAll(ready);
    await this.giveUpAlone(found, stable);
  }

  /** A kill while the files of a document were moved leaves its sidecar or marker behind: the document goes first. */
  private async finishMoves(): Promise<void> {
    const { folder } = this.settings;
    const rule = { ...this.rule, needsMarker: false };
    const listed = await listFiles(folder);
    const { sidecars, markers } = pairUp(
      listed.map(({ name }) => name),
      rule,
    );
    const alone = [...sidecars, ...markers];
    const moved = alone.length > 0 ? await namesIn(folder, "processed") : [];
    const incomplete = new Set(pairUp(moved, rule).documents.map(({ document }) => document));
    const left = alone.filter((name) => !moved.includes(name));
    const rest = pairUp([...moved, ...left], rule)
      .pairs.filter(({ document }) => moved.includes(document))
      .flatMap(({ document, sidecar, marker }) => [incomplete.has(document) ? sidecar : undefined, marker]);
    const belonging = left.filter((name) => rest.includes(name));
    for (const name of alone) {
      if (moved.includes(name) && (await isSameFile(join(folder, name), join(folder, "processed", name)))) belonging.push(name);
    }
    if (belonging.length > 0) await moveTo(folder, "processed", belonging);
    this.tidied = true;
  }

  private async takeAll(pairs: Pairing["pairs"]): Promise<void> {
    const queue = [...pairs];
    const failures: DocbridgeError[] = [];
    const taker = async () => {
      for (let pair = queue.shift(); pair && !this.stopped && failures.length === 0; pair = queue.shift()) {
        await this.takeOne(pair).catch((thrown) => failures.push(asDocbridgeError(thrown)));
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, taker));
    if (failures[0]) throw failures[0];
    await this.moveShared(pairs);
  }

  private async takeOne(pair: Pairing["pairs"][number]): Promise<void> {
    const files = filesOf(pair);
    try {
      const facts = await this.readSidecar(pair);
      const content = await this.stores.spool.adopt(join(this.settings.folder, pair.document));
      const { outcome, conflictsWith } = await this.stores.ledger.admit(admissionOf(facts, content, this.rules));
      if (outcome === "conflict") throw conflictOf(pair.document, conflictsWith as string);
      await moveTo(this.settings.folder, "processed", files);
    } catch (thrown) {
      const error = asDocbridgeError(thrown, "sidecar-unreadable");
      if (error.retryable) throw error;
      await reject(this.settings.folder, files, error, new Date());
      this.node.warn(`${pair.document} was moved to error/: ${error.message}`);
    }
  }

  private async readSidecar({ document, sidecar }: Pairing["pairs"][number]): Promise<IntakeFacts> {
    const bytes = await readSmall(join(this.settings.folder, sidecar), SIDECAR_BYTES);
    const context = { channel: "folder" as const, origin: `sidecar "${sidecar}"`, fileName: document };
    return (sidecar.toLowerCase().endsWith(".xml") ? readSidecarXml : readSidecarJson)(bytes, context);
  }

  /** A sidecar of several documents goes with the last of them. */
  private async moveShared(pairs: Pairing["pairs"]): Promise<void> {
    const shared = [...new Set(pairs.filter((pair) => pair.sharedSidecar).map((pair) => pair.sidecar))];
    if (shared.length > 0 && !this.stopped) await moveTo(this.settings.folder, "processed", shared);
  }

  private async giveUpAlone(found: Pairing, stable: Set<string>): Promise<void> {
    const alone = [...found.documents.map(({ document }) => document), ...found.sidecars];
    for (const name of [...this.aloneSince.keys()]) if (!alone.includes(name)) this.aloneSince.delete(name);
    const now = performance.now();
    for (const name of alone) {
      const since = this.aloneSince.get(name) ?? now;
      this.aloneSince.set(name, since);
      if (this.stopped || !stable.has(name) || now - since < this.settings.orphanMs) continue;
      const marker = found.documents.find(({ document }) => document === name)?.marker;
      const error = found.sidecars.includes(name) ? documentMissing(name) : sidecarMissing(name);
      await reject(this.settings.folder, marker ? [name, marker] : [name], error, new Date());
      this.node.warn(`${name} was moved to error/: ${error.message}`);
    }
  }
}

function filesOf(pair: PairedDocument & { sidecar: string }): string[] {
  return [pair.document, ...(pair.sharedSidecar ? [] : [pair.sidecar]), ...(pair.marker ? [pair.marker] : [])];
}

function sidecarMissing(document: string): DocbridgeError {
  return new DocbridgeError("sidecar-missing", {
    message: `The document "${document}" has no sidecar. Deliver it again with a sidecar of the same name, or correct the name of the sidecar.`,
    subject: document,
  });
}

function documentMissing(sidecar: string): DocbridgeError {
  return new DocbridgeError("document-missing", {
    message: `The sidecar "${sidecar}" has no document. Deliver it again with its document under the same name.`,
    subject: sidecar,
  });
}
