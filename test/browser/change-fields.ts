/** Changes whatever an open dialog offers, from the node's own definition; runs in the page. */
import type { Page } from "playwright-core";

type Field = HTMLInputElement | HTMLSelectElement;

interface TypedInput {
  trigger(event: string): TypedInput;
  data(key: "noderedTypedInput"): { typeList: { value: string }[] } | undefined;
  typedInput(method: "type"): string;
  typedInput(method: "type", value: string): TypedInput;
}

type Definitions = Record<string, { type?: string; validate?(value: unknown, options: object): unknown }>;

interface ChangeWindow {
  $(element: Element): TypedInput;
  RED: {
    nodes: {
      node(id: string): {
        _def: {
          category: string;
          defaults: Definitions;
          credentials?: Definitions;
        };
      };
    };
  };
}

/** In which order values are tried for a text, until the field's own check has nothing against one. */
function candidates(folder: string): string[] {
  return [
    "changed_value",
    "7",
    folder,
    "https://changed.example.test/value",
    "application/x-changed",
    "/changed/{{source.jobId}}",
    "#",
    "/changed",
  ];
}

/** Gives every field of the open dialog another valid value, and every list another row. */
export function changeEveryField(page: Page, id: string, folder: string): Promise<void> {
  return page.evaluate(
    ([nodeId, values]) => {
      const { $, RED } = window as unknown as ChangeWindow;
      const node = RED.nodes.node(nodeId);
      const prefix = node._def.category === "config" ? "node-config-input" : "node-input";
      const properties = Object.entries({ ...node._def.defaults, ...node._def.credentials } as Definitions);
      const fields = properties.flatMap(([name, definition]) => {
        const field = document.getElementById(`${prefix}-${name}`) as Field | null;
        // Node-RED hides the field that a typed input stands for.
        return field && (field.type !== "hidden" || $(field).data("noderedTypedInput")) ? [{ name, definition, field }] : [];
      });
      const tell = (field: Element) => $(field).trigger("input").trigger("change");
      const next = (all: string[], now: string, isGood: (value: string) => boolean = () => true) => {
        const at = all.indexOf(now);
        const found = [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))].find(isGood);
        if (found === undefined) throw new Error(`nothing else to choose than ${now} of ${all.join(", ")}`);
        return found;
      };
      const choose = (field: HTMLSelectElement, isConfig: boolean, isGood?: (value: string) => boolean) => {
        const options = [...field.options].map(({ value }) => value).filter((value) => value !== "_ADD_" && !(isConfig && value === ""));
        field.value = next(options, field.value, isGood);
        tell(field);
      };
      const chooseType = (field: Field) => {
        const types = $(field)
          .data("noderedTypedInput")
          ?.typeList.map(({ value }) => value);
        if (types) $(field).typedInput("type", next(types, $(field).typedInput("type")));
      };
      // A typed input shows another field than the one that keeps its value.
      const type = (field: Field, value: string) => {
        const shown = field.nextElementSibling?.querySelector<HTMLInputElement>(".red-ui-typedInput-input");
        const typing = $(field).data("noderedTypedInput") && shown ? shown : field;
        typing.value = value;
        tell(typing);
      };

      // Choices first: what the other fields must be depends on them.
      for (const { definition, field } of fields) {
        const isGood = (value: string) => !definition.validate || definition.validate.call(node, value, {}) === true;
        if (field instanceof HTMLSelectElement) choose(field, definition.type !== undefined, isGood);
        else if (field.type === "checkbox") field.click();
        chooseType(field);
      }
      for (const { name, definition, field } of fields) {
        if (field instanceof HTMLSelectElement || field.type === "checkbox") continue;
        const good = values.find(
          (value) => value !== field.value && (!definition.validate || definition.validate.call(node, value, {}) === true),
        );
        if (good === undefined) throw new Error(`no value is good for ${name}`);
        type(field, good);
      }

      // The lists: one row more, and every row changed.
      const special: Record<string, string> = { dateFormat: "yyyy-MM-dd", codes: "A=B" };
      for (const add of document.querySelectorAll<HTMLElement>(".docbridge-list .red-ui-editableList-addButton")) add.click();
      for (const [at, row] of [...document.querySelectorAll(".docbridge-list-row")].entries()) {
        for (const choice of row.querySelectorAll<HTMLSelectElement>("select")) choose(choice, false, (value) => value !== "");
        for (const field of row.querySelectorAll<HTMLInputElement>("input[class*=docbridge-]")) {
          const [, kind = ""] = /docbridge-\w+-(\w+)/.exec(field.className) ?? [];
          const value = special[kind] ?? `changed_${at}`;
          chooseType(field);
          type(field, value);
        }
      }
    },
    [id, candidates(folder)] as const,
  );
}

/** Everything that can be filled in, as the open dialog shows it now. A secret never comes back: of it only that there is one. */
export function fieldValues(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const tray = [...document.querySelectorAll(".red-ui-tray")].at(-1);
    // Only ours: Node-RED's own form for the labels of ports follows how many there are.
    const ours = [...(tray?.querySelectorAll(".docbridge-form, .docbridge-list") ?? [])];
    const fields = ours.flatMap((part) => [...part.querySelectorAll<Field>("input, select, textarea")]);
    return fields
      .filter(({ type }) => type !== "file" && type !== "hidden")
      .map((field) => {
        const value =
          field.type === "checkbox" ? (field as HTMLInputElement).checked : field.type === "password" ? field.value !== "" : field.value;
        return `${field.id || field.className}: ${value}`;
      });
  });
}
