import { type Drift, driftOf, type TypeMarks, typeMark } from "../core/mapping/drift.ts";
import type { TargetType } from "../core/mapping/types.ts";
import { rowsFromCsv } from "./csv-rows.ts";
import { proposeAlso } from "./document-paths.ts";
import type { Row } from "./mapping-rows.ts";
import { checkMapping, type MappingQuestion, type MappingReport, typeNames } from "./mapping-server.ts";
import { currentValue, fieldOf, isFormOpen } from "./open-forms.ts";
import { type Problem, problem } from "./problem.ts";
import { pathsOf, suggestRows } from "./suggest.ts";
import { problemText, text } from "./texts.ts";

/** The list of rows, as far as the assistant needs it. */
export interface RowList {
  rows(): Row[];
  add(rows: Row[]): void;
  /** Shows below each row what it gives and what the target says of it. */
  show(report: MappingReport | undefined): void;
}

/** A check waits until nobody has typed for so long, milliseconds. */
const QUIET_MS = 500;
const namesId = "docbridge-map-types";
const attributesId = "docbridge-map-attributes";

/** Reads the target's type while the mapper's dialog is open, tries the rows on a document, and helps to make rows. */
export class MappingAssistant {
  private readonly note = $("<div>", { class: "docbridge-map-note", "aria-live": "polite" });
  private readonly paste = drawPaste(
    (typed) => this.useSample(typed),
    () => this.dropSample(),
  );
  private readonly accept = button("check", "accept", () => this.acceptType()).prop("hidden", true);
  private report: MappingReport | undefined;
  private sample: unknown;
  private timer: number | undefined;
  private asked = 0;
  private namesOf = "";
  private accepted = false;

  private readonly node: EditorNode;
  private readonly list: RowList;

  constructor(node: EditorNode, list: RowList) {
    this.node = node;
    this.list = list;
  }

  /** Toolbar and notes, to stand above the list. */
  start(place: JQuery): void {
    const file = $("<input>", { type: "file", accept: ".csv,.txt,text/csv", "aria-label": text("mapping.importCsv") }).hide();
    file.on("change", () => void this.importFile(file));
    const tools = $("<div>", { class: "docbridge-map-tools", role: "toolbar", "aria-label": text("mapping.tools") }).append(
      button("refresh", "checkNow", () => void this.check()),
      button("magic", "suggest", () => this.suggest()),
      button("upload", "importCsv", () => file.trigger("click")),
      button("clipboard", "paste", () => this.paste.prop("hidden", this.paste.prop("hidden") !== true)),
      this.accept,
    );
    place.prepend(tools, file, this.paste, this.note);
    place.append($("<datalist>", { id: attributesId }), $("<datalist>", { id: namesId }));
    $(fieldOf(this.node, "targetType") ?? []).attr({ list: namesId, autocomplete: "off" });
    for (const property of ["target", "repository", "tenant", "targetType"])
      $(fieldOf(this.node, property) ?? []).on("change input", () => this.changed());
    void this.check();
  }

  /** Something was edited: the rows are tried again soon. */
  changed(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.check(), QUIET_MS);
  }

  stop(): void {
    window.clearTimeout(this.timer);
    proposeAlso([]);
  }

  /** The type as it is now, when these rows were made for it; what is kept already, when nothing was edited. */
  marksFor(rows: Row[]): TypeMarks {
    const kept = (this.node.typeMarks as TypeMarks | undefined) ?? {};
    const type = this.report?.type;
    const isEdited =
      JSON.stringify(rows) !== JSON.stringify(this.node.rows) || currentValue(this.node, "targetType") !== this.node.targetType;
    if (!type || !(isEdited || this.accepted)) return kept;
    const mapped = new Set(rows.map(({ attribute }) => attribute));
    const noted = type.attributes.filter(({ name, required }) => required || mapped.has(name));
    return Object.fromEntries(noted.map((attribute) => [attribute.name, typeMark(attribute)]));
  }

  private async check(): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    const question = this.question();
    void this.readNames(question);
    const reply = await checkMapping(question).catch(() => ({ failure: { code: "unreachable", message: text("mapping.unreachable") } }));
    // The dialog was closed, or a later question is on its way.
    if (mine !== this.asked || !isFormOpen(this.node)) return;
    if ("failure" in reply) {
      this.report = undefined;
      this.say([reply.failure.message]);
    } else {
      this.report = reply;
      this.sayReport(reply, question.rows);
    }
    this.list.show(this.report);
    proposeAttributes(this.report?.type);
    proposeAlso(pathsOf(this.report?.sample?.view));
  }

  private question(): MappingQuestion {
    const target = String(currentValue(this.node, "target"));
    const ledgers: string[] = [];
    RED.nodes.eachConfig((config) => {
      if (config.type === "document-ledger") ledgers.push(config.id);
    });
    return {
      node: this.node.id,
      target,
      connection: String(currentValue(this.node, target === "css" ? "tenant" : "repository") ?? ""),
      targetType: String(currentValue(this.node, "targetType") ?? "").trim(),
      rows: this.list.rows(),
      ledgers,
      ...(this.sample ? { sample: this.sample } : {}),
    };
  }

  private async readNames({ target, connection }: MappingQuestion): Promise<void> {
    const key = `${target} ${connection}`;
    if (target === "none" || key === this.namesOf) return;
    this.namesOf = key;
    const options = (await typeNames(target, connection)).map((value) => $("<option>", { value }));
    $(`#${namesId}`).empty().append(options);
    // Asked again with the next check, for a connection that is deployed or comes up meanwhile.
    if (options.length === 0) this.namesOf = "";
  }

  private sayReport({ type, typeProblem, sample, problems }: MappingReport, rows: Row[]): void {
    const drift = type
      ? driftOf(this.accepted ? {} : ((this.node.typeMarks as TypeMarks | undefined) ?? {}), attributesOf(rows), type)
      : [];
    this.accept.prop("hidden", drift.length === 0);
    this.say(
      [
        ...(typeProblem ? [typeProblem.code === "configuration" ? text("mapping.notDeployed") : typeProblem.message] : []),
        ...(drift.length > 0 ? [text("mapping.drift", { what: drift.map(driftWords).join("; ") })] : []),
        ...problems,
      ],
      [
        ...(type ? [text("mapping.typeRead", { type: type.name, count: type.attributes.length })] : []),
        ...(!type && !typeProblem ? [text("mapping.typeNone")] : []),
        sampleWords(sample),
      ],
    );
  }

  private say(wrong: string[], facts: string[] = []): void {
    this.note.empty();
    for (const message of wrong) this.note.append($("<div>", { class: "docbridge-error" }).text(message));
    if (facts.length > 0) this.note.append($("<div>", { class: "docbridge-hint" }).text(facts.join(" ")));
  }

  private suggest(): void {
    const { type, sample } = this.report ?? {};
    const rows = type ? suggestRows(type, this.list.rows(), pathsOf(sample?.view)) : [];
    this.list.add(rows);
    this.sayOnce(rows.length > 0 ? text("mapping.suggested", { count: rows.length }) : text("mapping.suggestedNone"));
  }

  private async importFile(file: JQuery): Promise<void> {
    const [chosen] = (file[0] as HTMLInputElement).files ?? [];
    if (!chosen) return;
    const read = rowsFromCsv(await chosen.text());
    file.val("");
    if ("problems" in read) {
      this.say(read.problems.map(problemText));
      return;
    }
    this.list.add(read.rows);
    this.sayOnce(text("mapping.imported", { count: read.rows.length }));
  }

  private useSample(typed: string): Problem | undefined {
    try {
      const given: unknown = JSON.parse(typed);
      if (typeof given !== "object" || given === null || Array.isArray(given)) return problem("sampleJson", { reason: "{ ... }" });
      // Copied from a Debug node that shows the whole message, the document is one step down.
      this.sample = (given as { document?: unknown }).document ?? given;
    } catch (error) {
      return problem("sampleJson", { reason: (error as Error).message });
    }
    this.paste.prop("hidden", true);
    void this.check();
    return undefined;
  }

  private dropSample(): void {
    this.sample = undefined;
    this.paste.prop("hidden", true);
    void this.check();
  }

  private acceptType(): void {
    this.accepted = true;
    void this.check();
  }

  /** A word on what was just done; the next check replaces it. */
  private sayOnce(message: string): void {
    this.note.prepend($("<div>", { class: "docbridge-hint" }).text(message));
    this.changed();
  }
}

function attributesOf(rows: Row[]): string[] {
  return rows.map(({ attribute }) => attribute);
}

function proposeAttributes(type: TargetType | undefined): void {
  const options = (type?.attributes ?? [])
    .filter(({ readOnly }) => !readOnly)
    .map((attribute) => $("<option>", { value: attribute.name, label: typeMark(attribute) }));
  $(`#${attributesId}`).empty().append(options);
}

function driftWords({ kind, attribute, before = "", now = "" }: Drift): string {
  switch (kind) {
    case "gone":
      return text("mapping.driftGone", { attribute });
    case "changed":
      return text("mapping.driftChanged", { attribute, before, now });
    case "required":
      return text("mapping.driftRequired", { attribute });
  }
}

function sampleWords(sample: MappingReport["sample"]): string {
  if (!sample) return text("mapping.sampleNone");
  if (sample.from === "pasted") return text("mapping.samplePasted");
  return text("mapping.sampleLedger", { when: new Date(sample.receivedAt ?? 0).toLocaleString() });
}

function drawPaste(use: (typed: string) => Problem | undefined, drop: () => void): JQuery {
  const label = text("mapping.sampleLabel");
  const field = $("<textarea>", { rows: 6, spellcheck: false, "aria-label": label, placeholder: label });
  const wrong = $("<div>", { class: "docbridge-error", role: "alert", hidden: true });
  const useIt = button("check", "sampleUse", () => {
    const found = use(String(field.val()));
    wrong.text(found ? problemText(found) : "").prop("hidden", !found);
  });
  return $("<div>", { class: "docbridge-map-paste", hidden: true }).append(field, wrong, useIt, button("undo", "sampleDrop", drop));
}

function button(icon: string, key: string, press: () => void): JQuery {
  return $("<button>", { type: "button", class: "red-ui-button red-ui-button-small" })
    .append($("<i>", { class: `fa fa-${icon}`, "aria-hidden": "true" }), document.createTextNode(` ${text(`mapping.${key}`)}`))
    .on("click", press);
}
