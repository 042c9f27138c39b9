import type { Node, NodeAPI } from "node-red";
import { DocbridgeError } from "../../core/errors";
import { createDefinitions, type MissingDefinition, missingDefinitions } from "../../runtime/cms-definitions";
import type { CssTenantNode } from "../../runtime/connections";
import { answer } from "../../runtime/dialog-answer";
import { configNode, text } from "../../runtime/settings";
import type { Config } from "./config";
import { neededDefinitions } from "./needed";

type Fields = Partial<
  Pick<Config, "operation" | "cmsType" | "keyAttribute" | "integrityTrait" | "evidenceTrait" | "findType" | "findAttribute">
>;

/** What the dialog asks. */
export interface DefinitionsQuestion {
  /** Id of the node, deployed or not. */
  node: string;
  /** Id of the tenant's node. */
  tenant: string;
  fields: Fields;
  /** What was shown, and is to be created; without it, nothing is changed. */
  create?: MissingDefinition[];
}

export interface DefinitionsReport {
  missing: MissingDefinition[];
  /** True when what was shown has been created. */
  created: boolean;
}

/**
 * `POST docbridge/css/definitions`: DefinitionsQuestion -> DefinitionsReport. Says what the tenant lacks for the node, and
 * creates it when the request repeats what was shown. Works on deployed tenants only, and needs the permission to write
 * flows: what a flow stores has the same account.
 */
export function registerDefinitionRoutes(RED: NodeAPI): void {
  RED.httpAdmin.post("/docbridge/css/definitions", RED.auth.needsPermission("flows.write"), (req, res) => {
    answer(res, () => definitions(RED, requireQuestion(req.body)));
  });
}

async function definitions(RED: NodeAPI, { node, tenant, fields, create }: DefinitionsQuestion): Promise<DefinitionsReport> {
  const connection = configNode<CssTenantNode>(RED, tenant, "tenant");
  const read = (value: string | undefined) => text(RED, (RED.nodes.getNode(node) ?? connection) as Node, value);
  const operation = fields.operation ?? "store";
  const cmsType = read(fields.cmsType);
  const needed = neededDefinitions({
    operation,
    cmsType,
    find: { type: operation === "evidence" ? read(fields.findType) : cmsType, attribute: read(fields.findAttribute) },
    keyAttribute: read(fields.keyAttribute),
    integrityTrait: read(fields.integrityTrait),
    evidenceTrait: read(fields.evidenceTrait),
  });
  const cms = await connection.cms();
  const missing = await missingDefinitions(cms, needed);
  if (!create || missing.length === 0 || !isSame(create, missing)) return { missing, created: false };
  await createDefinitions(cms, missing);
  return { missing: await missingDefinitions(cms, needed), created: true };
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

function requireQuestion(body: unknown): DefinitionsQuestion {
  const question = body as Partial<DefinitionsQuestion> | undefined;
  const { create, fields } = question ?? {};
  const isList = create === undefined || (Array.isArray(create) && create.every((each) => Array.isArray(each?.attributes)));
  if (fields && typeof fields.cmsType === "string" && isList) return question as DefinitionsQuestion;
  throw new DocbridgeError("invalid-message", { message: "The request does not say which CMS type it is about.", subject: "cmsType" });
}
