import { currentValue, fieldOf, isFormOpen } from "./open-forms.ts";
import { text } from "./texts.ts";

/** As in runtime/connection-test.ts. */
interface TestReport {
  failed?: Step;
  message?: string;
  server?: string;
}

const STEPS = ["fields", "name", "connection", "tls", "signIn", "service", "permission"] as const;
type Step = (typeof STEPS)[number];

/** The button of a connection's dialog tries what the fields say now, deployed or not. */
export function attachConnectionTest(node: EditorNode, form: HTMLElement): void {
  const button = form.querySelector<HTMLButtonElement>("[data-test-connection]");
  const result = $(form).find(".docbridge-test-result");
  if (!button) return;
  $(button).on("click", async () => {
    button.disabled = true;
    result.empty().append($("<div>", { class: "docbridge-hint" }).text(text("test.running")));
    const report = await ask(node).catch((): TestReport => ({ failed: "connection", message: text("mapping.unreachable") }));
    button.disabled = false;
    if (isFormOpen(node)) show(result, report, isAddressSecure(node));
  });
}

function ask(node: EditorNode): Promise<TestReport> {
  const fields = Object.keys(node._def.defaults).map((name) => [name, currentValue(node, name)]);
  const credentials = Object.keys(node._def.credentials ?? {}).map((name) => [name, fieldOf(node, name)?.value]);
  const body = { id: node.id, fields: Object.fromEntries(fields), credentials: Object.fromEntries(credentials) };
  return new Promise((resolve, reject) => {
    $.ajax({
      method: "POST",
      url: `docbridge/connections/${node.type}/test`,
      contentType: "application/json",
      data: JSON.stringify(body),
      dataType: "json",
    }).then(resolve, () => reject(new Error("unreachable")));
  });
}

function isAddressSecure(node: EditorNode): boolean {
  return ["contextUrl", "baseUrl", "cssUrl", "cmsUrl"].some((name) => String(currentValue(node, name) ?? "").startsWith("https:"));
}

/** One line a step: done, failed, or not reached. */
function show(result: JQuery, { failed, message, server }: TestReport, isSecure: boolean): void {
  const steps = STEPS.filter((step) => isSecure || step !== "tls" || failed === "tls");
  const at = failed ? steps.indexOf(failed) : steps.length;
  const list = $("<ul>").append(
    ...steps.map((step, place) => {
      const state = place < at ? "done" : place === at ? "failed" : "open";
      const icon = { done: "check", failed: "times", open: "minus" }[state];
      return $("<li>", { class: `docbridge-test-${state}` }).append(
        $("<i>", { class: `fa fa-fw fa-${icon}`, "aria-hidden": "true" }),
        document.createTextNode(` ${text(`test.step.${step}`)}: ${text(`test.${state}`)}`),
      );
    }),
  );
  const words = failed ? (message ?? "") : text("test.passed", { server: server ?? "" });
  result.empty().append(list, $("<div>", { class: failed ? "docbridge-error" : "docbridge-hint" }).text(words));
  result[0]?.scrollIntoView({ block: "nearest" });
}
