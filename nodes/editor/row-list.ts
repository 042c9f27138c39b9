/** What the lists of rows in our dialogs have in common: the mapper's and the router's. */

/** Below this the list is of no use; the dialog scrolls instead. */
const leastHeight = 240;
/** What stands around the list, in pixels: the margin above it, the header is part of it. */
const chrome = 24;

/** The header of a list: one name a column. */
export function listHeader(columns: string[]): JQuery {
  return $("<div>", { class: "docbridge-list-header" }).append(...columns.map((column) => $("<div>").text(column)));
}

/** The rows as they stand now, without one that is fading away after its deletion. */
export function rowsOf(listId: string): HTMLElement[] {
  const staying = "li:not(.red-ui-editableList-item-deleting)";
  return [...document.querySelectorAll<HTMLElement>(`#${listId} > ${staying} > .red-ui-editableList-item-content`)];
}

/** For `oneditresize`: the list takes what the fields above it leave. */
export function resizeList(listId: string, size: { height: number }): void {
  const above = $(`#${listId}`).closest("form").children(".docbridge-form");
  const beside = $(`#${listId}`).closest(".docbridge-list").children(":visible:not(.red-ui-editableList)");
  const besideHeight = beside.toArray().reduce((sum, part) => sum + ($(part).outerHeight(true) ?? 0), 0);
  const height = size.height - (above.outerHeight(true) ?? 0) - besideHeight - chrome;
  $(`#${listId}`).editableList("height", Math.max(height, leastHeight));
}

/** Puts a row's fields in, with a place for what is wrong with it, and makes it work without a mouse. */
export function drawListRow(container: JQuery, fields: JQuery[], removeLabel: string, changed: () => void): void {
  container.addClass("docbridge-list-row").append(...fields, $("<div>", { class: "docbridge-error", role: "alert" }));
  container.on("change input keyup", changed);
  container.on("keydown", (event) => moveByKey(event, container, changed));
  container.siblings(".red-ui-editableList-item-remove").attr({ "aria-label": removeLabel, role: "button" });
}

/** Alt and an arrow key move a row, for those who cannot drag it. */
function moveByKey(event: JQuery.TriggeredEvent, container: JQuery, moved: () => void): void {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  event.stopPropagation();
  const item = container.parent();
  const focused = document.activeElement as HTMLElement | null;
  if (event.key === "ArrowUp") item.prev().before(item);
  else item.next().after(item);
  focused?.focus();
  moved();
}

/** Says below a row what is wrong with it, and marks the fields. */
export function showRowProblems(container: JQuery, fields: Record<string, JQuery>, problems: { field: string; text: string }[]): void {
  container
    .children(".docbridge-error")
    .text(problems.map(({ text }) => text).join(" "))
    .prop("hidden", problems.length === 0);
  for (const [name, element] of Object.entries(fields)) {
    const isWrong = problems.some(({ field }) => field === name);
    element.toggleClass("input-error", isWrong).attr("aria-invalid", String(isWrong));
    element.next(".red-ui-typedInput-container").toggleClass("input-error", isWrong);
  }
}
