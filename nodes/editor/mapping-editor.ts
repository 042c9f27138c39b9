import { typeMark } from "../core/mapping/drift.ts";
import { MappingAssistant } from "./mapping-assistant.ts";
import { completeRow, hasDetails, type Row, type RowProblem, rowProblems } from "./mapping-rows.ts";
import type { MappingReport } from "./mapping-server.ts";
import { drawListRow, listHeader, resizeList, rowsOf, showRowProblems } from "./row-list.ts";
import { problemText, text } from "./texts.ts";
import { mappingSources, shownInput } from "./typed.ts";

const listId = "node-input-rows-container";

/** Of the dialog that is open; Node-RED never opens two mappers at once. */
let assistant: MappingAssistant | undefined;

/** For `oneditprepare` of metadata-mapper: the list of rows. */
export function openRows(node: EditorNode): void {
  const list = $(`#${listId}`);
  list.editableList<Row>({
    addButton: text("mapping.add"),
    header: listHeader(["attribute", "source", "ifEmpty"].map((column) => text(`mapping.${column}`))),
    sortable: true,
    removable: true,
    addItem: (container, _index, item) => {
      const isNew = Object.keys(item).length === 0;
      drawRow(container, completeRow(item));
      if (isNew) container.find(".docbridge-map-attribute").trigger("focus");
      refreshRows();
    },
    removeItem: refreshRows,
    sortItems: refreshRows,
  });
  list.editableList("addItems", (node.rows as Row[] | undefined) ?? []);
  assistant = new MappingAssistant(node, {
    rows: currentRows,
    add: (rows) => void list.editableList("addItems", rows),
    show: showReport,
  });
  assistant.start(list.closest(".docbridge-map"));
}

/** For `oneditsave`, `oneditcancel` and `oneditdelete`. */
export function closeRows(): void {
  assistant?.stop();
  assistant = undefined;
}

/** For `oneditsave`. */
export function saveRows(node: EditorNode): void {
  const rows = currentRows();
  const marks = assistant?.marksFor(rows);
  node.rows = rows;
  // A mapper of an older flow has none, and is not changed by being looked at.
  if (marks && Object.keys(marks).length > 0) node.typeMarks = marks;
}

/** For `oneditresize`. */
export function resizeRows(size: { height: number }): void {
  resizeList(listId, size);
}

/** The rows as the dialog shows them now. */
function currentRows(): Row[] {
  return rowsOf(listId).map((container) => readRow($(container)));
}

function readRow(container: JQuery): Row {
  const value = (field: string) => String(container.find(`.docbridge-map-${field}`).val() ?? "");
  const source = container.find("input.docbridge-map-source");
  return {
    attribute: value("attribute").trim(),
    sourceKind: source.typedInput("type") as Row["sourceKind"],
    source: source.typedInput("value"),
    ifEmpty: value("ifEmpty") as Row["ifEmpty"],
    fallback: value("fallback"),
    dateFormat: value("dateFormat").trim(),
    decimal: value("decimal") as Row["decimal"],
    ...(value("codes").trim() ? { codes: value("codes").trim() } : {}),
    ...(value("split") ? { split: value("split") } : {}),
  };
}

function drawRow(container: JQuery, row: Row): void {
  const attribute = textField("attribute", row.attribute, text("mapping.attributeExample"));
  attribute.attr({ list: "docbridge-map-attributes", autocomplete: "off" });
  const source = $("<input>", { type: "text", class: "docbridge-map-source", style: "width:100%" }).val(row.source);
  const ifEmpty = choice("ifEmpty", ["quarantine", "skip", "null", "default"], row.ifEmpty);
  const details = drawDetails(row);
  drawListRow(container, [attribute, source, ifEmpty, moreButton(details), details], text("mapping.remove"), refreshRows);
  container.append($("<div>", { class: "docbridge-map-result" }));
  source.typedInput({ types: mappingSources(), default: row.sourceKind });
  source.typedInput("type", row.sourceKind).typedInput("value", row.source);
  shownInput(source).attr("aria-label", text("mapping.source"));

  ifEmpty.on("change", () => {
    const isDefault = ifEmpty.val() === "default";
    container.find(".docbridge-map-field-fallback").prop("hidden", !isDefault);
    if (isDefault) setOpen(details, true);
  });
  ifEmpty.trigger("change");
  setOpen(details, hasDetails(row));
}

function drawDetails(row: Row): JQuery {
  const fields = [
    labelled("fallback", textField("fallback", row.fallback, "")),
    labelled("dateFormat", textField("dateFormat", row.dateFormat, text("mapping.dateFormatExample"))),
    labelled("decimal", choice("decimal", ["", ",", "."], row.decimal)),
    labelled("codes", textField("codes", row.codes ?? "", text("mapping.codesExample"))),
    labelled("split", textField("split", row.split ?? "", text("mapping.splitExample"))),
  ];
  return $("<div>", { class: "docbridge-map-details" }).append(...fields);
}

function labelled(name: string, field: JQuery): JQuery {
  return $("<label>", { class: `docbridge-map-field-${name}` }).append($("<span>").text(text(`mapping.${name}`)), field);
}

function textField(name: string, value: string, placeholder: string): JQuery {
  return $("<input>", { type: "text", class: `docbridge-map-${name}`, "aria-label": text(`mapping.${name}`), placeholder }).val(value);
}

function choice(name: string, values: readonly string[], chosen: string): JQuery {
  const keyOf: Record<string, string> = { "": "none", ",": "comma", ".": "point" };
  const options = values.map((value) => $("<option>", { value }).text(text(`mapping.${name}Option.${keyOf[value] ?? value}`)));
  return $("<select>", { class: `docbridge-map-${name}`, "aria-label": text(`mapping.${name}`) })
    .append(...options)
    .val(chosen);
}

function moreButton(details: JQuery): JQuery {
  const button = $("<button>", {
    type: "button",
    class: "red-ui-button red-ui-button-small docbridge-map-more",
    "aria-label": text("mapping.more"),
  });
  button.attr("title", text("mapping.more")).append($("<i>", { class: "fa fa-ellipsis-h", "aria-hidden": "true" }));
  return button.on("click", () => setOpen(details, details.prop("hidden") === true));
}

function setOpen(details: JQuery, isOpen: boolean): void {
  details.prop("hidden", !isOpen);
  details.siblings(".docbridge-map-more").attr("aria-expanded", String(isOpen));
}

/** Shows what is wrong with each row below it. */
function refreshRows(): void {
  const rows = rowsOf(listId);
  const problems = rowProblems(rows.map((row) => readRow($(row))));
  rows.forEach((row, at) => {
    showProblems(
      $(row),
      problems.filter((wrong) => wrong.row === at),
    );
  });
  assistant?.changed();
}

/** Below each row: what the attribute is, what the row gives for the sample, and what the target would say. */
function showReport(report: MappingReport | undefined): void {
  const known = new Map(report?.type?.attributes.map((attribute) => [attribute.name, attribute]));
  rowsOf(listId).forEach((element, at) => {
    const container = $(element);
    const found = report?.rows[at];
    const attribute = known.get(String(container.find(".docbridge-map-attribute").val()));
    const result = container.children(".docbridge-map-result").empty();
    if (attribute) result.append($("<span>", { class: "docbridge-map-type" }).text(typeMark(attribute)));
    if (found && report?.sample) result.append($("<span>").text(valueWords(found.value)));
    for (const message of found?.problems ?? []) result.append($("<span>", { class: "docbridge-map-wrong" }).text(message));
  });
}

function valueWords(value: unknown): string {
  if (value === undefined) return text("mapping.noValue");
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return text("mapping.value", { value: shown.length > 120 ? `${shown.slice(0, 120)}…` : shown });
}

function showProblems(container: JQuery, problems: RowProblem[]): void {
  const fields = ["attribute", "source", "fallback", "dateFormat", "codes"].map((name) => [name, container.find(`.docbridge-map-${name}`)]);
  showRowProblems(
    container,
    Object.fromEntries(fields),
    problems.map((wrong) => ({ field: wrong.field, text: `${text(`mapping.${wrong.field}`)}: ${problemText(wrong)}` })),
  );
}
