import type { Node, NodeAPI, NodeMessage } from "node-red";
import { bindDql, buildDql, type DqlCondition, type DqlOperator } from "../../clients/documentum/dql-query";
import type { AttributeKind } from "../../clients/type-definition";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";
import type { TargetType } from "../../core/mapping/types";
import type { DocumentumRepositoryNode } from "../../runtime/connections";
import { flag, names, text, typedValue } from "../../runtime/settings";
import type { Config } from "./documentum-find";

/** A row of the dialog: a condition on an attribute, or the value of a `:name`. */
export interface QueryRow {
  name: string;
  operator: DqlOperator;
  /** `template` is Mustache over the message, the others are kinds of Node-RED's typed input. */
  valueKind: "str" | "num" | "bool" | "msg" | "template" | "jsonata" | "env";
  value: string;
}

/** Read of every object, so that a message about it says what it is. */
const ALWAYS = [
  "r_object_id",
  "object_name",
  "r_object_type",
  "i_chronicle_id",
  "r_version_label",
  "a_content_type",
  "r_full_content_size",
];

/** The statement for a message. Throws `configuration`, `unknown-attribute`, `invalid-message` and what templates throw. */
export async function statementFor(
  RED: NodeAPI,
  node: Node,
  config: Config,
  repository: DocumentumRepositoryNode,
  message: NodeMessage,
): Promise<string> {
  if (config.queryBy === "dql") return given(RED, node, config, message);
  const type = await repository.targetType(text(RED, node, config.objectType));
  const conditions = await Promise.all((config.conditions ?? []).map((row) => condition(RED, node, type, row, message)));
  const place = renderTemplate(text(RED, node, config.folder), message, { name: "folder" });
  return buildDql({
    columns: [...ALWAYS, ...names(text(RED, node, config.attributes))],
    type: type.name,
    allVersions: config.versions === "all",
    match: config.match ?? "all",
    conditions,
    ...(place ? { folder: { place, descend: flag(config.descend, false) } } : {}),
    orderBy: orderOf(text(RED, node, config.order)),
  });
}

async function given(RED: NodeAPI, node: Node, config: Config, message: NodeMessage): Promise<string> {
  const statement = await typedValue(RED, node, config.dql, config.dqlType, message);
  if (typeof statement !== "string" || statement.trim() === "") {
    throw new DocbridgeError("invalid-message", { message: "The field 'dql' gives no statement for this message.", subject: "dql" });
  }
  const values = await Promise.all((config.binds ?? []).map(async (row) => [row.name, await boundValue(RED, node, row, message)]));
  return bindDql(statement, Object.fromEntries(values));
}

async function condition(RED: NodeAPI, node: Node, type: TargetType, row: QueryRow, message: NodeMessage): Promise<DqlCondition> {
  const { name, operator } = row;
  const needsValue = operator !== "set" && operator !== "empty";
  return { attribute: name, operator, ...kindIn(type, name), ...(needsValue ? { value: await boundValue(RED, node, row, message) } : {}) };
}

/** The kind decides how a value is written; a query for an attribute the type does not have would only say so in DQL. */
function kindIn(type: TargetType, name: string): { kind: AttributeKind; repeating: boolean } {
  const attribute = type.attributes.find((each) => each.name === name);
  if (attribute) return { kind: attribute.type, repeating: attribute.repeating };
  if (name === "r_object_id") return { kind: "id", repeating: false };
  throw new DocbridgeError("unknown-attribute", {
    message: `The type ${type.name} has no attribute "${name}". Correct the condition in the node.`,
    subject: name,
  });
}

function boundValue(RED: NodeAPI, node: Node, { valueKind, value, name }: QueryRow, message: NodeMessage): Promise<unknown> {
  if (valueKind === "template") return Promise.resolve(renderTemplate(text(RED, node, value), message, { name }));
  return typedValue(RED, node, value, valueKind, message);
}

/** `object_name, r_creation_date desc`; by id where nothing is said, so that pages stay what they are while rows are added. */
function orderOf(order: string): { attribute: string; descending: boolean }[] {
  const keys = names(order).map((key) => {
    const [attribute = "", direction = ""] = key.split(/\s+/);
    return { attribute, descending: direction.toLowerCase() === "desc" };
  });
  return keys.some(({ attribute }) => attribute === "r_object_id") ? keys : [...keys, { attribute: "r_object_id", descending: false }];
}
