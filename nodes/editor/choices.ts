import { currentValue, fieldOf, isFormOpen } from "./open-forms.ts";
import { shownInput } from "./typed.ts";

/** As in runtime/choices.ts. */
interface Choice {
  value: string;
  label?: string;
}

const CONNECTIONS = ["documentum-repository", "css-tenant"];
/** Properties that say more closely what there is to choose from. */
const NARROWED_BY = ["findBy", "objectType", "keyAttribute"];

/**
 * Fields marked `data-choices` propose what the server of the node's connection has, read when the field is entered. They
 * stay plain fields: whatever cannot be read is just not proposed.
 */
export function attachChoices(node: EditorNode, form: HTMLElement): void {
  for (const field of form.querySelectorAll<HTMLInputElement>("input[data-choices]")) {
    const shown = shownInput($(field))[0] ?? field;
    const list = $("<datalist>", { id: `${field.id}-choices` }).insertAfter(
      $(shown).closest(".red-ui-typedInput-container").add(field).last(),
    );
    shown.setAttribute("autocomplete", "off");
    let readFor = "";
    $(shown).on("focus", async () => {
      // In a typed input only a plain text is one of the server's values.
      const isText = shown === field || $(field).typedInput("type") === "str";
      if (isText) shown.setAttribute("list", `${field.id}-choices`);
      else shown.removeAttribute("list");
      const address = isText ? addressOf(node, field.dataset.choices ?? "") : undefined;
      if (!address || address === readFor) return;
      readFor = address;
      const choices = await ask(address);
      // Another connection was chosen meanwhile, or the dialog was closed.
      if (address !== readFor || !isFormOpen(node)) return;
      // Asked again next time, for a connection that is deployed or comes up meanwhile.
      if (!choices) readFor = "";
      list.empty().append((choices ?? []).map(({ value, label }) => $("<option>", { value, ...(label ? { label } : {}) })));
    });
  }
}

function addressOf(node: EditorNode, of: string): string | undefined {
  const [property, { type }] = Object.entries(node._def.defaults).find(
    ([name, definition]) => CONNECTIONS.includes(definition.type ?? "") && fieldOf(node, name)?.closest("[hidden]") === null,
  ) ?? ["", { type: undefined }];
  const connection = String(currentValue(node, property) ?? "");
  if (!type || !connection) return undefined;
  const narrowed = NARROWED_BY.filter((name) => name in node._def.defaults).map((name) => [name, String(currentValue(node, name) ?? "")]);
  return `docbridge/choices/${type}?${$.param({ connection, of, ...Object.fromEntries(narrowed) })}`;
}

/** By the editor's own way to ask, which adds its sign-in; undefined when there is no answer. */
function ask(address: string): Promise<Choice[] | undefined> {
  return Promise.resolve($.getJSON(address)).then(
    (reply: { choices?: Choice[] }) => reply.choices,
    () => undefined,
  );
}
