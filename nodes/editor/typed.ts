import { proposals } from "./document-paths.ts";
import { fieldOf, prefixOf } from "./open-forms.ts";
import { text } from "./texts.ts";

/** Makes typed inputs of fields; the type of `data` is kept in the field `dataType`. */
export function makeTyped(node: EditorNode, typesOf: Record<string, (string | TypedInputType)[]>): void {
  for (const [property, types] of Object.entries(typesOf)) {
    const field = fieldOf(node, property);
    if (!field) continue;
    const label = document.querySelector<HTMLElement>(`label[for="${field.id}"]`);
    field.style.width = "100%";
    $(field).typedInput({ types, typeField: `#${prefixOf(node)}-${property}Type` });
    if (label) nameByLabel(field, label);
  }
}

/** A typed input shows another element than the one its label is for: name that one, and let a click on the label reach it. */
function nameByLabel(field: HTMLElement, label: HTMLElement): void {
  const shown = shownInput($(field));
  label.id = `${field.id}-label`;
  shown.attr("aria-labelledby", label.id);
  label.addEventListener("click", () => shown.trigger("focus"));
}

/** The element that a typed input shows for typing. */
export function shownInput(field: JQuery): JQuery {
  return field.next(".red-ui-typedInput-container").find(".red-ui-typedInput-input");
}

/** Where the value of a mapping row can come from. */
export function mappingSources(): (string | TypedInputType)[] {
  const icons = "icons/@docbridge/node-red-opentext";
  return [
    {
      value: "property",
      label: text("mapping.property"),
      icon: "fa fa-file-text-o",
      autoComplete: (typed, done) => done(proposals(typed).map((path) => ({ value: path, label: path }))),
    },
    { value: "constant", label: text("mapping.constant"), icon: "red/images/typedInput/az.svg" },
    { value: "template", label: text("mapping.template"), icon: `${icons}/docbridge-template.svg` },
    "jsonata",
    "env",
  ];
}
