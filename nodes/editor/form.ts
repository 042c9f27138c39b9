import { isEnvironment } from "./checks.ts";
import { attachChoices } from "./choices.ts";
import { holds } from "./conditions.ts";
import { attachConnectionTest } from "./connection-test.ts";
import { attachDefinitions } from "./definitions.ts";
import { currentValue, fieldOf, formClosed, formOpened, isFormOpen, prefixOf } from "./open-forms.ts";
import { preselectInForm } from "./preselect.ts";
import { attachGenerators } from "./secret.ts";
import { labelOf, text } from "./texts.ts";
import { makeTyped } from "./typed.ts";
import { missingProperties } from "./upgrade.ts";

export interface FormOptions {
  /** Fields that are typed inputs, and their types. */
  typed?: Record<string, (string | TypedInputType)[]>;
  /** Per field and choice, what other fields hold by default: they follow the choice as long as nobody changed them. */
  defaultsBy?: Record<string, Record<string, Record<string, string>>>;
}

/** For `oneditprepare`: brings a dialog to life. Parts marked `data-show-when` follow the fields, messages stand below the fields they are about. */
export function openForm(node: EditorNode, options: FormOptions = {}): void {
  formOpened(node);
  const form = fieldOf(node, "name")?.closest("form");
  if (!form) return;
  settleProperties(node);
  settleCredentials(node);
  makeTyped(node, options.typed ?? {});
  preselectInForm(node);
  attachGenerators(form);
  attachConnectionTest(node, form);
  attachChoices(node, form);
  attachDefinitions(node, form);
  followChoices(node, options.defaultsBy ?? {});
  describeByHints(form);
  nameConfigButtons(node, form);
  $(form).on("change input keyup paste", () => refresh(node, form));
  refresh(node, form);
}

/** For `oneditsave`, `oneditcancel` and `oneditdelete`. */
export function closeForm(node: EditorNode): void {
  formClosed(node);
}

/**
 * A node saved before a property existed: the node and its field say what it does without it. Node-RED compares both with
 * Done, so that a node that only was looked at is not called changed.
 */
function settleProperties(node: EditorNode): void {
  for (const [property, value] of Object.entries(missingProperties(node, node._def.defaults))) {
    node[property] = value;
    const field = fieldOf(node, property);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = Boolean(value);
    else if (field) field.value = String(value);
  }
}

/** Node-RED tells "never set" from "empty", and would call a node changed that only was looked at. */
function settleCredentials(node: EditorNode): void {
  for (const [name, { type }] of Object.entries(node._def.credentials ?? {})) {
    const [key, nothing] = type === "password" ? [`has_${name}`, false] : [name, ""];
    for (const known of [node.credentials, node.credentials?._ as Record<string, unknown> | undefined]) {
      if (known) known[key] ??= nothing;
    }
  }
}

function followChoices(node: EditorNode, defaultsBy: NonNullable<FormOptions["defaultsBy"]>): void {
  for (const [property, choices] of Object.entries(defaultsBy)) {
    const field = fieldOf(node, property);
    if (!field) continue;
    $(field).on("change", () => {
      for (const [name, value] of Object.entries(choices[field.value] ?? {})) {
        const other = fieldOf(node, name);
        const isUntouched = Object.values(choices).some((defaults) => defaults[name] === other?.value);
        if (other && isUntouched) $(other).val(value);
      }
    });
  }
}

function refresh(node: EditorNode, form: HTMLElement): void {
  if (!isFormOpen(node)) return;
  for (const part of form.querySelectorAll<HTMLElement>("[data-show-when]")) {
    part.hidden = !holds(part.dataset.showWhen ?? "", (property) => currentValue(node, property));
  }
  const properties = { ...node._def.defaults, ...node._def.credentials };
  for (const [property, { validate }] of Object.entries(properties)) {
    const field = validate ? fieldOf(node, property) : null;
    if (!validate || !field) continue;
    const verdict = isEnvironment(field.value) || validate.call(node, field.value, {});
    showMessage(field, verdict === true ? "" : String(verdict).replace(`${labelOf(node, property)}: `, ""));
  }
}

/** Shows (or takes away) the message below a field; a screen reader hears it with the field. */
function showMessage(field: HTMLElement, message: string): void {
  const id = `${field.id}-error`;
  const shown = document.getElementById(id);
  if (message === "" && !shown) return;
  const place = shown ?? $("<div>", { id, class: "docbridge-error", role: "alert" }).appendTo($(field).closest(".form-row"))[0];
  if (!place || place.textContent === message) return;
  place.textContent = message;
  place.hidden = message === "";
  field.setAttribute("aria-invalid", String(message !== ""));
  describe(field, id, message !== "");
}

function describeByHints(form: HTMLElement): void {
  for (const hint of form.querySelectorAll<HTMLElement>(".form-row > .docbridge-hint")) {
    const field = hint.parentElement?.querySelector<HTMLElement>("input[id], select[id], textarea[id]");
    if (!field) continue;
    hint.id = `${field.id}-hint`;
    describe(field, hint.id, true);
  }
}

function describe(field: HTMLElement, id: string, isDescribed: boolean): void {
  const ids = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (isDescribed) ids.add(id);
  else ids.delete(id);
  if (ids.size > 0) field.setAttribute("aria-describedby", [...ids].join(" "));
  else field.removeAttribute("aria-describedby");
}

/** Node-RED's buttons beside a config node are links without a name and out of reach of the keyboard. */
function nameConfigButtons(node: EditorNode, form: HTMLElement): void {
  for (const [property, { type }] of Object.entries(node._def.defaults)) {
    for (const action of type ? ["add", "edit"] : []) {
      const button = form.querySelector<HTMLElement>(`#${prefixOf(node)}-btn-${property}-${action}`);
      button?.setAttribute("aria-label", text(`button.${action}`, { what: labelOf(node, property) }));
      button?.setAttribute("role", "button");
      button?.setAttribute("tabindex", "0");
      button?.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        button.click();
      });
    }
  }
}
