import { currentFindings, findingText, isHint, onFindings } from "./findings.ts";
import type { Finding } from "./lint-rules.ts";
import { text } from "./texts.ts";

/** One node of the list, in words. */
interface Entry {
  node: string;
  label: string;
  lines: { words: string; isHint: boolean }[];
}

/** The list of the sidebar tab: what the linter finds in the flows, by node. A click shows the node. */
export function makeFindingsList(): HTMLElement {
  const heading = $("<h4>").text(text("sidebar.findings"));
  const list = $("<div>");
  let shown = "";
  const show = (): void => {
    const entries = entriesOf(currentFindings());
    // Every edit comes by here; a list that stays the same keeps the focus.
    const now = JSON.stringify(entries);
    if (now === shown) return;
    shown = now;
    list.empty().append(entries.length > 0 ? entries.map(drawEntry) : [$("<p>").text(text("sidebar.noFindings"))]);
  };
  onFindings(show);
  show();
  return $("<section>", { class: "docbridge-sidebar-ledger docbridge-sidebar-findings" }).append(heading, list)[0] as HTMLElement;
}

function entriesOf(findings: readonly Finding[]): Entry[] {
  const nodes = [...new Set(findings.map(({ node }) => node))];
  return nodes.map((node) => ({
    node,
    label: RED.utils.getNodeLabel(RED.nodes.node(node), node),
    lines: findings.filter((finding) => finding.node === node).map((finding) => ({ words: findingText(finding), isHint: isHint(finding) })),
  }));
}

function drawEntry({ node, label, lines }: Entry): JQuery {
  const show = $("<button>", { type: "button", class: "docbridge-sidebar-node" }).text(label);
  const list = $("<ul>").append(
    lines.map(({ words, isHint: isOnlyHint }) =>
      $("<li>", { class: isOnlyHint ? "docbridge-sidebar-hint" : "" }).text(isOnlyHint ? text("sidebar.hint", { words }) : words),
    ),
  );
  // The words can be pressed as well; the button is for the keyboard and says what is pressed.
  return $("<div>", { class: "docbridge-sidebar-finding" })
    .append($("<h5>").append(show), list)
    .on("click", () => RED.view.reveal(node));
}
