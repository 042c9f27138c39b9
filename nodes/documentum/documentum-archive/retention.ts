import { setTimeout as sleep } from "node:timers/promises";
import type { DocumentumClient, DocumentumObject } from "../../clients/documentum/documentum";
import { Lru } from "../../clients/http/lru";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { Kept } from "../../runtime/connections";
import type { Connect, Step } from "./operation";
import { confirming, textsIn, unconfirmed } from "./reading-back";
import { governedFolder, type Mechanism, mechanismOf, type RetentionRule } from "./retention-mechanisms";

/** What has to be there on the object for the policy to count as applied, beside the sign of the mechanism itself. */
export interface ProofRule {
  by: "attribute" | "relation";
  /** Name of the attribute or the relation; empty: what the mechanism fills. */
  name: string;
  /** Mustache template: value the attribute must have; empty: any. */
  value: string;
  /** A job of the server may need a moment, milliseconds. */
  withinMs: number;
}

/** Pauses between two looks grow from here, milliseconds. */
const FIRST_PAUSE_MS = 100;
/** Governed folders are set up once and stay; one that was moved must show within a minute, milliseconds. */
const FOLDER_KEPT_MS = 60_000;
/** Mechanisms kept between preparing and carrying out. */
const KEPT = 1_000;

/** Puts the object under retention by the site's mechanism and reads back that it is; anything else is no success. */
export class RetentionStep implements Step {
  readonly name = "retention";
  private readonly ready = new Lru<Mechanism>(KEPT);
  private readonly folders = new Kept(FOLDER_KEPT_MS, async (path) => governedFolder(await this.client(), path));

  constructor(
    private readonly client: Connect,
    private readonly rule: RetentionRule,
    private readonly proof: ProofRule,
  ) {}

  /** What the policy needs must be there before anything is archived. */
  async prepare(document: DocbridgeDocument, signal: AbortSignal): Promise<void> {
    if (this.rule.by === "extension" && this.proof.name === "") {
      throw new DocbridgeError("configuration", {
        message: "Retention by an extension needs a proof: name the attribute or relation that shows it on the object.",
        subject: "proofName",
      });
    }
    this.ready.set(document.id, await this.mechanism(document, "of the document", signal));
  }

  async carryOut(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<Receipt> {
    const { objectId } = receipt;
    const client = await this.client();
    const mechanism = this.ready.get(document.id) ?? (await this.mechanism(document, objectId, signal));
    this.ready.delete(document.id);
    const object = await client.getObject(objectId, { signal });
    const look = (now: DocumentumObject) => this.shown(client, mechanism, document, now, signal);
    const shown = await look(object);
    if (shown) return { ...receipt, policy: shown };
    await confirming(objectId, "it was refused", () => mechanism.apply(object, receipt, signal));
    const end = Date.now() + this.proof.withinMs;
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const policy = await look(await client.getObject(objectId, { signal }));
      if (policy) return { ...receipt, policy };
      const rest = end - Date.now();
      if (rest <= 0) throw this.missing(mechanism, objectId);
      await sleep(Math.min(pause, rest), undefined, { signal });
    }
  }

  private async mechanism(document: DocbridgeDocument, objectId: string, signal: AbortSignal): Promise<Mechanism> {
    const client = await this.client();
    return confirming(objectId, "what it needs is not there", () => mechanismOf(client, this.rule, document, this.folders, signal));
  }

  /** Sign and proof as the object shows them; undefined while one of them is missing. */
  private async shown(
    client: DocumentumClient,
    mechanism: Mechanism,
    document: DocbridgeDocument,
    object: DocumentumObject,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const sign = await mechanism.sign(object, signal);
    if (!sign) return undefined;
    const name = this.proof.name || mechanism.proof;
    if (!name) return sign;
    if (this.proof.name && this.proof.by === "relation") {
      const relations = await client.relations.of(object, { signal });
      return relations.some((each) => each.name === name) ? `${sign}; relation ${name}` : undefined;
    }
    const values = await textsIn(client, object, name, signal);
    const expected = renderTemplate(this.proof.value, documentView(document), { name: "value of the proof" });
    const holds = expected === "" ? values.length > 0 : values.includes(expected);
    return holds ? `${sign}; ${name}: ${values.join(", ")}` : undefined;
  }

  private missing(mechanism: Mechanism, objectId: string): DocbridgeError {
    const name = this.proof.name || mechanism.proof || "the object";
    const error = unconfirmed(objectId, `${name} did not show it within ${Math.round(this.proof.withinMs / 1000)} s`);
    return mechanism.later ? new DocbridgeError(error.code, { message: error.message, subject: objectId, parkMs: 0 }) : error;
  }
}
