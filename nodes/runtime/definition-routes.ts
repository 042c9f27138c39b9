import type { Node, NodeAPI } from "node-red";
import { DocbridgeError } from "../core/errors";
import { createDefinitions, type Definition, type MissingDefinition, missingDefinitions } from "./cms-definitions";
import type { CssTenantNode } from "./connections";
import { answer } from "./dialog-answer";
import { configNode, text } from "./settings";

/** What a dialog asks; `F`: the fields of its node that decide which definitions it needs. */
export interface DefinitionsQuestion<F> {
  /** Id of the node, deployed or not. */
  node: string;
  /** Id of the tenant's node. */
  tenant: string;
  fields: F;
  /** What was shown, and is to be created; without it, nothing is changed. */
  create?: MissingDefinition[];
}

export interface DefinitionsReport {
  missing: MissingDefinition[];
  /** True when what was shown has been created. */
  created: boolean;
}

/**
 * `POST docbridge/<name>/definitions`: DefinitionsQuestion -> DefinitionsReport. Says what the tenant lacks for a node, and
 * creates it when the request repeats what was shown. Works on deployed tenants only, and needs the permission to write
 * flows: what a flow stores has the same account. `needed` gets a reader that puts environment variables in.
 */
export function registerDefinitionRoutes<F extends { cmsType?: string }>(
  RED: NodeAPI,
  name: string,
  needed: (fields: F, read: (value: string | undefined) => string) => Definition[],
): void {
  RED.httpAdmin.post(`/docbridge/${name}/definitions`, RED.auth.needsPermission("flows.write"), (req, res) => {
    answer(res, async (): Promise<DefinitionsReport> => {
      const { node, tenant, fields, create } = requireQuestion<F>(req.body);
      const connection = configNode<CssTenantNode>(RED, tenant, "tenant");
      const definitions = needed(fields, (value) => text(RED, (RED.nodes.getNode(node) ?? connection) as Node, value));
      const cms = await connection.cms();
      const missing = await missingDefinitions(cms, definitions);
      if (!create || missing.length === 0 || !isSame(create, missing)) return { missing, created: false };
      await createDefinitions(cms, missing);
      return { missing: await missingDefinitions(cms, definitions), created: true };
    });
  });
}

/** Only what a person has seen is created. */
function isSame(shown: MissingDefinition[], missing: MissingDefinition[]): boolean {
  const plain = (definitions: MissingDefinition[]) =>
    JSON.stringify(
      definitions.map(({ kind, name, exists, attributes }) => [
        kind,
        name,
        exists,
        attributes.map((each) => [each.name, each.data_type, each.size]),
      ]),
    );
  return plain(shown) === plain(missing);
}

function requireQuestion<F extends { cmsType?: string }>(body: unknown): DefinitionsQuestion<F> {
  const question = body as Partial<DefinitionsQuestion<F>> | undefined;
  const { create, fields } = question ?? {};
  const isList = create === undefined || (Array.isArray(create) && create.every((each) => Array.isArray(each?.attributes)));
  if (fields && typeof fields.cmsType === "string" && isList) return question as DefinitionsQuestion<F>;
  throw new DocbridgeError("invalid-message", { message: "The request does not say which CMS type it is about.", subject: "cmsType" });
}
