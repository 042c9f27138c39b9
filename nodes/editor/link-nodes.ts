import { type Problem, problem } from "./problem.ts";

/** The link in nodes a destination can go to: those on flows, by flow and name. Inside a subflow their ids change with each use. */
export function linkInNodes(): { id: string; label: string }[] {
  return RED.nodes
    .filterNodes({ type: "link in" })
    .flatMap((node) => {
      const flow = RED.nodes.workspace(node.z ?? "");
      return flow ? [{ id: node.id, label: `${flow.label} / ${node.name || node.id}` }] : [];
    })
    .toSorted((a, b) => a.label.localeCompare(b.label));
}

/** What is wrong with the link in node of an id, or undefined. */
export function linkProblem(id: string): Problem | undefined {
  if (id === "") return problem("linkMissing");
  const node = RED.nodes.node(id);
  if (node?.type !== "link in") return problem("configGone");
  return node.d || RED.nodes.workspace(node.z ?? "")?.disabled ? problem("configDisabled") : undefined;
}
