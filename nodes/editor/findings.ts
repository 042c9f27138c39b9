import { type Finding, type FindingKind, type LintNode, lint } from "./lint-rules.ts";
import { text } from "./texts.ts";

const HINTS: readonly FindingKind[] = ["openIntake", "noRetention"];
/** Flows are looked at when nobody has edited for so long, milliseconds. */
const QUIET_MS = 300;

let findings: Finding[] = [];
let timer: number | undefined;
const listeners = new Set<() => void>();

/** What the rules find in the flows as they are in the editor now. */
export function currentFindings(): readonly Finding[] {
  return findings;
}

/** Called whenever the findings, or the labels of their nodes, may have changed. */
export function onFindings(listener: () => void): void {
  listeners.add(listener);
}

/** Worth a look in the list, but right in many flows: no badge on the node. */
export function isHint({ kind }: Finding): boolean {
  return HINTS.includes(kind);
}

/** In words, for the badge and the list. */
export function findingText({ kind, values }: Finding): string {
  return text(`finding.${kind}`, values);
}

/** Looks at the flows after every edit, and puts a badge on the nodes concerned. */
export function watchFlows(): void {
  for (const event of ["nodes:add", "nodes:remove", "nodes:change", "links:add", "links:remove", "flows:change", "groups:change"])
    RED.events.on(event, () => lookSoon());
  let isDrawn = false;
  RED.events.on("workspace:change", () => {
    lookSoon();
    if (isDrawn) return;
    isDrawn = true;
    drawBadges();
  });
}

function lookSoon(): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(look, QUIET_MS);
}

function look(): void {
  const before = JSON.stringify(findings);
  findings = lint(nodesOfEditor(), disabledFlows());
  if (JSON.stringify(findings) !== before) RED.view.redraw();
  for (const listener of listeners) listener();
}

function nodesOfEditor(): LintNode[] {
  const nodes: LintNode[] = [];
  RED.nodes.eachNode((node) => {
    // A config node of that name does not occur; what else the rules look at has the same name here and in the flow file.
    nodes.push({ ...(node as unknown as LintNode), wires: Array.from({ length: Number(node.outputs ?? 0) }, () => []) });
  });
  const known = new Map(nodes.map((node) => [node.id, node]));
  RED.nodes.eachLink(({ source, sourcePort, target }) => {
    const wires = known.get(source.id)?.wires;
    if (!wires) return;
    wires[sourcePort] ??= [];
    wires[sourcePort].push(target.id);
  });
  return nodes;
}

function disabledFlows(): Set<string> {
  const disabled = new Set<string>();
  RED.nodes.eachWorkspace((flow) => {
    if (flow.disabled) disabled.add(flow.id);
  });
  return disabled;
}

function drawBadges(): void {
  const badged = (id: string) => findings.filter((finding) => finding.node === id && !isHint(finding));
  RED.view.annotations.register("docbridge-finding", {
    type: "badge",
    class: "docbridge-finding-badge",
    element: () => {
      const badge = document.createElementNS("http://www.w3.org/2000/svg", "path");
      badge.setAttribute("d", "M 5,0 l 5,5 -5,5 -5,-5 z");
      return badge;
    },
    tooltip: (node) => badged(node.id).map(findingText).join("\n"),
    show: (node) => badged(node.id).length > 0,
  });
}
