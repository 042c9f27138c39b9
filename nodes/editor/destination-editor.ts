import {
  completeDestinations,
  type Destination,
  type DestinationProblem,
  type DestinationRow,
  destinationProblems,
  outputMap,
  savedDestinations,
} from "./destination-rows.ts";
import { linkInNodes, linkProblem } from "./link-nodes.ts";
import { drawListRow, listHeader, resizeList, rowsOf, showRowProblems } from "./row-list.ts";
import { problemText, text } from "./texts.ts";

const listId = "node-input-destinations-container";

/** What editableList hands on: a saved row with the output it has, or nothing for a new one. */
type Item = Partial<DestinationRow> & { port?: number };

/** For `oneditprepare` of document-router: the list of destinations. */
export function openDestinations(node: EditorNode): void {
  const refresh = () => refreshRows(node);
  const list = $(`#${listId}`);
  list.editableList<Item>({
    addButton: text("destinations.add"),
    header: listHeader(["name", "label", "targets", "way"].map((column) => text(`destinations.${column}`))),
    sortable: true,
    removable: true,
    addItem: (container, _index, item) => {
      const isNew = Object.keys(item).length === 0;
      drawRow(container, { name: "", label: "", targets: "", way: "output", link: "", ...item }, refresh);
      container.data({ port: item.port });
      if (isNew) fieldIn(container, "name").trigger("focus");
      refresh();
    },
    removeItem: refresh,
    sortItems: refresh,
  });
  let port = 0;
  list.editableList(
    "addItems",
    savedRows(node).map((row) => (row.way === "output" ? { ...row, port: port++ } : row)),
  );
  refresh();
}

/** For `oneditsave`. */
export function saveDestinations(node: EditorNode): void {
  refreshRows(node);
  Object.assign(node, savedDestinations(currentRows()));
}

/** For `oneditresize`. */
export function resizeDestinations(size: { height: number }): void {
  resizeList(listId, size);
}

/** For `validate` of the destinations: true, or a message for every problem. */
export function checkDestinations(node: EditorNode): true | string[] {
  const rows = savedRows(node);
  if (rows.length === 0) return [text("check.destinationsMissing")];
  const problems = destinationProblems(rows, linkProblem);
  if (problems.length === 0) return true;
  return problems.map((wrong) => text("destinations.rowProblem", { row: wrong.row + 1, problem: problemText(wrong) }));
}

function savedRows(node: EditorNode): DestinationRow[] {
  const { destinations, links } = node as { destinations?: Partial<Destination>[]; links?: string[] };
  return completeDestinations(destinations ?? [], links ?? []);
}

function currentRows(): DestinationRow[] {
  return rowsOf(listId).map((container) => readRow($(container)));
}

function fieldIn(container: JQuery, name: string): JQuery {
  return container.find(`.docbridge-destination-${name}`);
}

function readRow(container: JQuery): DestinationRow {
  const value = (name: string) => String(fieldIn(container, name).val() ?? "").trim();
  const way = value("way") as Destination["way"];
  return { name: value("name"), label: value("label"), targets: value("targets"), way, link: way === "link" ? value("link") : "" };
}

function drawRow(container: JQuery, row: DestinationRow, refresh: () => void): void {
  const name = textField("name", row.name, text("destinations.nameExample"));
  const label = textField("label", row.label, text("destinations.asName"));
  const targets = textField("targets", row.targets, text("destinations.noTargets"));
  const way = choice("way", [
    ["output", text("destinations.output")],
    ["link", text("destinations.link")],
  ]).val(row.way);
  const place = $("<div>", { class: "docbridge-destination-place" }).append(linkChoice(row.link));
  const hint = $("<div>", { class: "docbridge-hint" }).text(text("destinations.notifyOnly"));
  drawListRow(container, [name, label, targets, way, place, hint], text("destinations.remove"), refresh);
  followName(name, targets);
}

/** A destination owes the receipts of its own name, until somebody says otherwise. */
function followName(name: JQuery, targets: JQuery): void {
  let before = name.val();
  name.on("input change", () => {
    if (targets.val() === before) targets.val(String(name.val() ?? ""));
    before = name.val();
  });
}

function textField(name: string, value: string, placeholder: string): JQuery {
  const label = text(`destinations.${name}`);
  return $("<input>", { type: "text", class: `docbridge-destination-${name}`, "aria-label": label, placeholder }).val(value);
}

function choice(name: string, options: [value: string, label: string][]): JQuery {
  return $("<select>", { class: `docbridge-destination-${name}`, "aria-label": text(`destinations.${name}`) }).append(
    ...options.map(([value, label]) => $("<option>", { value }).text(label)),
  );
}

/** The link in nodes there are; one that is gone stays chosen, so that the message about it fits. */
function linkChoice(chosen: string): JQuery {
  const known = linkInNodes().map(({ id, label }): [string, string] => [id, label]);
  const gone: [string, string][] = chosen && !known.some(([id]) => id === chosen) ? [[chosen, chosen]] : [];
  return choice("link", [["", text("destinations.chooseLink")], ...gone, ...known]).val(chosen);
}

/** Shows what is wrong with each row below it, and tells Node-RED which wires go where. */
function refreshRows(node: EditorNode): void {
  const containers = rowsOf(listId).map((container) => $(container));
  const rows = containers.map(readRow);
  const problems = destinationProblems(rows, linkProblem);
  containers.forEach((container, at) => {
    const row = rows[at] as DestinationRow;
    fieldIn(container, "place").prop("hidden", row.way !== "link");
    container.children(".docbridge-hint").prop("hidden", row.targets !== "" || row.name === "");
    showProblems(
      container,
      problems.filter((wrong) => wrong.row === at),
    );
  });
  const portsBefore = savedRows(node).filter(({ way }) => way === "output").length;
  const ports = containers.map((container, at) => ({ way: rows[at]?.way ?? "output", port: container.data("port") as number | undefined }));
  $("#node-input-outputs")
    .val(JSON.stringify(outputMap(ports, portsBefore)))
    .trigger("change");
}

function showProblems(container: JQuery, problems: DestinationProblem[]): void {
  const fields = ["name", "targets", "link"].map((name) => [name, fieldIn(container, name)]);
  showRowProblems(
    container,
    Object.fromEntries(fields),
    problems.map((wrong) => ({ field: wrong.field, text: `${text(`destinations.${wrong.field}`)}: ${problemText(wrong)}` })),
  );
}
