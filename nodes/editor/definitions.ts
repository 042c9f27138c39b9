import type { Failure } from "./mapping-server.ts";
import { currentValue, isFormOpen } from "./open-forms.ts";
import { text } from "./texts.ts";

/** As in runtime/cms-definitions.ts. */
interface MissingDefinition {
  kind: "type" | "trait";
  name: string;
  exists: boolean;
  attributes: { name: string; data_type: string; size?: number }[];
}

interface Report {
  missing: MissingDefinition[];
  created: boolean;
}

/** By type of node: what decides which definitions it needs. */
const FIELDS: Record<string, string[]> = {
  "css-store": ["operation", "cmsType", "keyAttribute", "integrityTrait", "evidenceTrait", "traitPrefix", "findType", "findAttribute"],
  "css-lifecycle": ["operation", "cmsType", "findBy", "findAttribute", "traitPrefix"],
};

/** The button shows what the tenant lacks for the node; a second one, below that list, creates just that. */
export function attachDefinitions(node: EditorNode, form: HTMLElement): void {
  const button = form.querySelector<HTMLButtonElement>("[data-check-definitions]");
  const result = $(form).find(".docbridge-definitions-result");
  if (!button) return;

  const run = async (create?: MissingDefinition[]): Promise<void> => {
    button.disabled = true;
    result.empty().append(hint(text("test.running")));
    const report = await ask(node, create).catch(() => ({ failure: { code: "", message: text("mapping.unreachable") } }));
    button.disabled = false;
    if (!isFormOpen(node)) return;
    result.empty();
    if ("failure" in report) result.append($("<div>", { class: "docbridge-error" }).text(report.failure.message));
    else show(report, create !== undefined);
    result[0]?.scrollIntoView({ block: "nearest" });
  };
  const show = ({ missing, created }: Report, asked: boolean): void => {
    if (missing.length === 0) {
      result.append(hint(text(created ? "definitions.created" : "definitions.complete")));
      return;
    }
    const list = $("<ul>").append(...missing.map((definition) => $("<li>").text(lineOf(definition))));
    const make = $("<button>", { type: "button", class: "red-ui-button" }).text(text("definitions.create"));
    make.on("click", () => void run(missing));
    result.append(hint(text(asked ? "definitions.changed" : "definitions.missing")), list, make);
  };
  $(button).on("click", () => void run());
}

function hint(words: string): JQuery {
  return $("<div>", { class: "docbridge-hint" }).text(words);
}

function lineOf({ kind, name, exists, attributes }: MissingDefinition): string {
  const each = attributes.map(({ name: attribute, data_type: type, size }) =>
    size === undefined
      ? text("definitions.attribute", { name: attribute, type })
      : text("definitions.attributeSized", { name: attribute, type, size }),
  );
  const words = each.length > 0 ? each.join(", ") : text("definitions.noAttributes");
  const values = { name, attributes: words };
  return exists ? text(`definitions.lacking.${kind}`, values) : text(`definitions.whole.${kind}`, values);
}

function ask(node: EditorNode, create?: MissingDefinition[]): Promise<Report | { failure: Failure }> {
  const fields = Object.fromEntries((FIELDS[node.type] ?? []).map((name) => [name, currentValue(node, name)]));
  const body = { node: node.id, tenant: currentValue(node, "tenant"), fields, create };
  return new Promise((resolve, reject) => {
    $.ajax({
      method: "POST",
      url: `docbridge/${node.type}/definitions`,
      contentType: "application/json",
      data: JSON.stringify(body),
      dataType: "json",
    }).then(resolve, () => reject(new Error("unreachable")));
  });
}
