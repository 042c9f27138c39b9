import type { CmsClient } from "../../clients/cms/cms";
import { asObject, asText } from "../../clients/http/json";
import { DocbridgeError } from "../../core/errors";
import { type LifecycleTraits, readLifecycle } from "../../core/lifecycle/lifecycle";
import type { Availability, GoverningService, Restore } from "../../core/recall/recall";
import type { Explanations } from "../../runtime/cms-definitions";

/** Name of the instance of the recall trait. */
const MAIN = "main";

export interface GoverningParts {
  cms: () => Promise<CmsClient>;
  type: string;
  names: LifecycleTraits;
  /** Attribute of objects that holds the key of their document. */
  keyAttribute: string;
  /** Tiers that can be read at once; an object without a tier can, too. */
  onlineTiers: readonly string[];
  /** Says when a definition is missing in CMS. */
  explanations: Explanations;
  signal: AbortSignal;
}

/**
 * The governing service that moves objects between tiers. No public interface of it is known (wire/css.md section 11), so
 * what is asked of it and what it answers stands in a trait of our convention: we write `request_id` and `requested_at`, it
 * writes `eta`, `available_from`, `available_until` and `cost`. Where a site has an interface, only this file changes.
 */
export class TraitGoverningService implements GoverningService {
  constructor(private readonly parts: GoverningParts) {}

  async read(objectId: string): Promise<Availability> {
    const { cms, type, names, keyAttribute, onlineTiers, signal } = this.parts;
    const instance = await (await cms()).getInstance("file", type, objectId, { signal });
    const tier = readLifecycle(instance.hasTraits ? instance.traits : undefined, names, objectId).tier?.name;
    const restore = this.restoreOf(asObject(asObject(instance.traits[names.recall])[MAIN]), objectId);
    const documentKey = asText(instance.properties[keyAttribute]);
    return {
      ...(documentKey ? { documentKey } : {}),
      ...(tier ? { tier } : {}),
      online: !tier || onlineTiers.includes(tier),
      ...(restore ? { restore } : {}),
    };
  }

  async request(
    objectId: string,
    { requestId, requestedAt, replaces }: { requestId: string; requestedAt: string; replaces: boolean },
  ): Promise<void> {
    const { cms, type, names, explanations, signal } = this.parts;
    const ref = { category: "file" as const, type, id: objectId };
    // What is left of the request before must not pass for an answer to this one; else the answer may be there already.
    const answers = { eta: null, available_from: null, available_until: null, cost: null };
    const asked = { request_id: requestId, requested_at: requestedAt, ...(replaces ? answers : {}) };
    const changes = { traits: { [names.recall]: { [MAIN]: asked } } };
    const service = await cms();
    await explanations.explained(() => service.updateInstance(ref, changes, { signal }));
  }

  /** Throws `lifecycle-unreadable` for a time that is none: it could be taken for "available". */
  private restoreOf(values: Record<string, unknown>, objectId: string): Restore | undefined {
    const requestId = asText(values.request_id);
    if (!requestId) return undefined;
    const [eta, availableFrom, availableUntil] = ["eta", "available_from", "available_until"].map((name) => {
      const time = asText(values[name]);
      if (!time || !Number.isNaN(Date.parse(time))) return time || undefined;
      throw new DocbridgeError("lifecycle-unreadable", {
        message: `The trait ${this.parts.names.recall} of CMS object ${objectId} has a ${name} that is no date and time, so it is not known whether it can be read. Correct it in CMS.`,
        subject: objectId,
      });
    });
    const cost = typeof values.cost === "number" ? values.cost : undefined;
    return {
      requestId,
      ...(eta ? { eta } : {}),
      ...(availableFrom ? { availableFrom } : {}),
      ...(availableUntil ? { availableUntil } : {}),
      ...(cost === undefined ? {} : { cost }),
    };
  }
}
