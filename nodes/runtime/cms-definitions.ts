import type { CmsClient } from "../clients/cms/cms";
import type { NewAttribute } from "../clients/cms/definitions";
import { DocbridgeError } from "../core/errors";
import { Kept } from "./connections";

/** A type or trait of CMS that a node works with, and the attributes it puts there itself. */
export interface Definition {
  kind: "type" | "trait";
  /** System name: prefix of the namespace, `_`, name. */
  name: string;
  attributes: NewAttribute[];
}

/** What is missing of a definition. */
export interface MissingDefinition extends Definition {
  /** The definition is there, and lacks these attributes only. */
  exists: boolean;
}

/** How long it is believed what CMS lacks, milliseconds: refused documents come in crowds. */
const BELIEVED_MS = 30_000;

/** What of these the tenant does not have. Changes nothing. */
export async function missingDefinitions(cms: CmsClient, needed: Definition[], signal?: AbortSignal): Promise<MissingDefinition[]> {
  const missing: MissingDefinition[] = [];
  for (const definition of needed) {
    const known = await attributesOf(cms, definition, signal);
    const lacking = definition.attributes.filter(({ name }) => !known?.includes(name));
    if (!known || lacking.length > 0) missing.push({ ...definition, attributes: lacking, exists: known !== undefined });
  }
  return missing;
}

/** Undefined when there is no such definition. */
async function attributesOf(cms: CmsClient, { kind, name }: Definition, signal?: AbortSignal): Promise<string[] | undefined> {
  try {
    const definition = await (kind === "type" ? cms.getTypeDefinition(name, { signal }) : cms.getTraitDefinition(name, { signal }));
    return definition.attributes.map((attribute) => attribute.name);
  } catch (thrown) {
    if (thrown instanceof DocbridgeError && thrown.code === "unknown-type") return undefined;
    throw thrown;
  }
}

/** Creates what is missing, in this order; types are of category `file`. Throws `configuration` for a prefix that is none. */
export async function createDefinitions(cms: CmsClient, missing: MissingDefinition[]): Promise<void> {
  const { definitions } = cms;
  const namespaces = await definitions.namespaces();
  for (const { kind, name: systemName, attributes, exists } of missing) {
    if (exists) {
      await (kind === "type" ? definitions.addToType(systemName, attributes) : definitions.addToTrait(systemName, attributes));
      continue;
    }
    const [, prefix, name = ""] = /^([^_]+)_(.+)$/.exec(systemName) ?? [];
    const namespace = namespaces.find((each) => each.prefix === prefix)?.name;
    if (!namespace) {
      throw new DocbridgeError("configuration", {
        message: `CMS has no namespace with the prefix of "${systemName}". A system name is a prefix, _ and a name; correct it in the dialog, or have the namespace created.`,
        subject: systemName,
      });
    }
    const definition = { name, namespace, attributes };
    await (kind === "type" ? definitions.createType("file", definition) : definitions.createTrait(definition));
  }
}

/** Finds out whether CMS refuses because definitions are missing: its own words for that are unknown. */
export class Explanations {
  private readonly missing: Kept<MissingDefinition[]>;

  constructor(
    private readonly cms: () => Promise<CmsClient>,
    private readonly needed: Definition[],
  ) {
    this.missing = new Kept(BELIEVED_MS, async () => missingDefinitions(await this.cms(), this.needed));
  }

  /** Throws `unknown-type` or `unknown-attribute` in the place of a refusal that a missing definition explains. */
  async explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError) || thrown.ambiguous || (thrown.status !== 400 && thrown.status !== 404)) throw thrown;
      const [first] = await this.missing.get("").catch(() => []);
      throw first ? missingError(first, thrown) : thrown;
    }
  }
}

function missingError({ kind, name, attributes, exists }: MissingDefinition, cause: DocbridgeError): DocbridgeError {
  const subject = exists ? (attributes[0]?.name ?? name) : name;
  const what = exists
    ? `The ${kind} "${name}" of CMS has no attribute "${subject}"`
    : `CMS has no ${kind} "${name}" that the account can see`;
  return new DocbridgeError(exists ? "unknown-attribute" : "unknown-type", {
    message: `${what}. Correct the name in the node, or let its dialog create what is missing.`,
    subject,
    status: cause.status,
    remote: cause.remote,
    cause,
  });
}
