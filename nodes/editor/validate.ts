import { fieldProblem, isEnvironment, type Kind, type Rule } from "./checks.ts";
import { holds } from "./conditions.ts";
import { completeRow, type Row, rowProblems } from "./mapping-rows.ts";
import { currentValue } from "./open-forms.ts";
import { type Problem, problem } from "./problem.ts";
import { labelOf, problemText, text } from "./texts.ts";

/**
 * Besides the kinds of checks.ts: `config` points at a config node, `typed` is a typed input whose type is in the
 * property `<name>Type`, `verify` is a way of verifying that the node's CSS tenant must be able to serve.
 */
export interface EditorRule extends Rule<Kind | "config" | "typed" | "verify"> {
  /** A number that must not be below the one in this other property. */
  notBelow?: string;
}

/** For `validate` of a property: true, or what is wrong with it as "Label: message". */
export function check(node: EditorNode, property: string, value: unknown, rule: EditorRule): true | string {
  const wrong = ruleProblem(node, property, value, rule);
  return wrong ? `${labelOf(node, property)}: ${problemText(wrong)}` : true;
}

/** For `validate` of the mapper's rows: true, or a message for every problem. */
export function checkRows(_node: EditorNode, rows: unknown): true | string[] {
  const problems = rowProblems((Array.isArray(rows) ? rows : []).map((row: Partial<Row>) => completeRow(row)));
  if (problems.length === 0) return true;
  return problems.map((wrong) => text("mapping.rowProblem", { row: wrong.row + 1, problem: problemText(wrong) }));
}

function ruleProblem(node: EditorNode, property: string, value: unknown, rule: EditorRule): Problem | undefined {
  if (rule.when && !holds(rule.when, (name) => currentValue(node, name))) return undefined;
  if (rule.is === "config") return configProblem(value, rule);
  if (rule.is === "typed") return typedProblem(String(value ?? ""), String(currentValue(node, `${property}Type`)), rule);
  if (rule.is === "verify") return verifyProblem(value, RED.nodes.node(String(currentValue(node, "tenant"))));
  const isBelow = rule.notBelow !== undefined && Number(value) < Number(currentValue(node, rule.notBelow));
  return fieldProblem(value, { ...rule, is: rule.is }) ?? (isBelow ? problem("backoffOrder") : undefined);
}

/** Only v2 answers an upload with a checksum (wire/css.md 5). */
function verifyProblem(value: unknown, tenant: EditorNode | null): Problem | undefined {
  return value !== "read-back" && tenant?.apiVersion === "v3" ? problem("v3Checksum") : undefined;
}

function configProblem(value: unknown, { optional }: EditorRule): Problem | undefined {
  if (!value || value === "_ADD_") return optional ? undefined : problem("configMissing");
  if (isEnvironment(value)) return undefined;
  const node = RED.nodes.node(String(value));
  if (!node) return problem("configGone");
  if (node.d) return problem("configDisabled");
  return node.valid === false ? problem("configInvalid") : undefined;
}

function typedProblem(value: string, type: string, rule: EditorRule): Problem | undefined {
  if (value.trim() === "") return rule.optional ? undefined : problem("missing");
  const verdict = RED.utils.validateTypedProperty(value, type, {});
  if (verdict === true) return undefined;
  return verdict === false ? problem("typed") : problem("asIs", { message: verdict });
}
