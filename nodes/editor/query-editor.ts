import { holds } from "./conditions.ts";
import { currentValue } from "./open-forms.ts";
import { completeQueryRow, needsValue, OPERATORS, type QueryProblem, type QueryRow, queryProblems } from "./query-rows.ts";
import { drawListRow, listHeader, resizeList, rowsOf, showRowProblems } from "./row-list.ts";
import { problemText, text } from "./texts.ts";
import { shownInput } from "./typed.ts";

const lists = ["conditions", "binds"] as const;
type List = (typeof lists)[number];

/** For `oneditprepare` of documentum-find: the list of conditions and the list of values of a given statement. */
export function openQuery(node: EditorNode): void {
  for (const name of lists) openList(node, name);
}

/** For `oneditsave`. */
export function saveQuery(node: EditorNode): void {
  for (const name of lists) node[name] = currentRows(name);
}

/** For `oneditresize`. */
export function resizeQuery(size: { height: number }): void {
  for (const name of lists) resizeList(idOf(name), size);
}

/** For `validate` of one of the lists: true, or a message for every problem. `when`: as in the rules of fields. */
export function checkQuery(node: EditorNode, name: List, when: string): true | string[] {
  if (!holds(when, (property) => currentValue(node, property))) return true;
  const problems = queryProblems(savedRows(node, name), name);
  if (problems.length === 0) return true;
  return problems.map((wrong) => text("query.rowProblem", { row: wrong.row + 1, problem: problemText(wrong) }));
}

function idOf(name: List): string {
  return `node-input-${name}-container`;
}

function savedRows(node: EditorNode, name: List): QueryRow[] {
  return ((node[name] as Partial<QueryRow>[] | undefined) ?? []).map((row) => completeQueryRow(row));
}

function openList(node: EditorNode, name: List): void {
  const refresh = () => refreshRows(name);
  const columns = name === "conditions" ? ["attribute", "operator", "value"] : ["bind", "value"];
  const list = $(`#${idOf(name)}`);
  list.editableList<Partial<QueryRow>>({
    addButton: text(`query.add.${name}`),
    header: listHeader(columns.map((column) => text(`query.${column}`))),
    sortable: true,
    removable: true,
    addItem: (container, _index, item) => {
      const isNew = Object.keys(item).length === 0;
      drawRow(container, completeQueryRow(item), name, refresh);
      if (isNew) fieldIn(container, "name").trigger("focus");
      refresh();
    },
    removeItem: refresh,
    sortItems: refresh,
  });
  list.editableList("addItems", savedRows(node, name));
}

function currentRows(name: List): QueryRow[] {
  return rowsOf(idOf(name)).map((container) => readRow($(container)));
}

function fieldIn(container: JQuery, field: string): JQuery {
  return container.find(`.docbridge-query-${field}`);
}

function readRow(container: JQuery): QueryRow {
  const value = container.find("input.docbridge-query-value");
  const operator = fieldIn(container, "operator").val();
  return completeQueryRow({
    name: String(fieldIn(container, "name").val() ?? "").trim(),
    ...(operator ? { operator: operator as QueryRow["operator"] } : {}),
    valueKind: value.typedInput("type") as QueryRow["valueKind"],
    value: value.typedInput("value"),
  });
}

function drawRow(container: JQuery, row: QueryRow, list: List, refresh: () => void): void {
  const label = text(list === "conditions" ? "query.attribute" : "query.bind");
  const placeholder = text(list === "conditions" ? "query.attributeExample" : "query.bindExample");
  const name = $("<input>", { type: "text", class: "docbridge-query-name", "aria-label": label, placeholder }).val(row.name);
  const value = $("<input>", { type: "text", class: "docbridge-query-value", style: "width:100%" }).val(row.value);
  const fields = list === "conditions" ? [name, operatorChoice(row), value] : [name, value];
  drawListRow(container, fields, text("query.remove"), refresh);
  value.typedInput({ types: valueTypes(list), default: row.valueKind });
  value.typedInput("type", row.valueKind).typedInput("value", row.value);
  shownInput(value).attr("aria-label", text("query.value"));
}

function operatorChoice({ operator }: QueryRow): JQuery {
  const options = OPERATORS.map((value) => $("<option>", { value }).text(text(`query.operatorOption.${value}`)));
  return $("<select>", { class: "docbridge-query-operator", "aria-label": text("query.operator") })
    .append(...options)
    .val(operator);
}

/** The type of an attribute says how its value is written; the values of a statement say so themselves. */
function valueTypes(list: List): (string | TypedInputType)[] {
  const template = { value: "template", label: text("query.template"), icon: "icons/@docbridge/node-red-opentext/docbridge-template.svg" };
  return ["str", "msg", template, "jsonata", "env", ...(list === "binds" ? ["num", "bool"] : [])];
}

/** Shows what is wrong with each row below it, and no value where none is needed. */
function refreshRows(name: List): void {
  const containers = rowsOf(idOf(name)).map((container) => $(container));
  const rows = containers.map(readRow);
  const problems = queryProblems(rows, name);
  containers.forEach((container, at) => {
    const value = fieldIn(container, "value");
    value.next(".red-ui-typedInput-container").toggle(needsValue(rows[at] as QueryRow));
    const wrong = problems.filter(({ row }) => row === at);
    showRowProblems(container, { name: fieldIn(container, "name"), value }, wrong.map(described));
  });
}

function described(wrong: QueryProblem): { field: string; text: string } {
  return { field: wrong.field, text: `${text(`query.${wrong.field === "name" ? "nameShort" : "value"}`)}: ${problemText(wrong)}` };
}
