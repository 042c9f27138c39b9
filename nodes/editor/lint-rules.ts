/** A node of the editor, as far as the rules look at it. */
export interface LintNode {
  id: string;
  type: string;
  /** Its flow. */
  z?: string;
  /** Its group. */
  g?: string;
  /** Disabled? */
  d?: boolean;
  /** Ids of the nodes behind each output. */
  wires: string[][];
  [property: string]: unknown;
}

export type FindingKind =
  /** Errors of this node reach no Catch node. */
  | "noCatch"
  /** The intake takes deliveries from anybody. */
  | "openIntake"
  /** A destination the trigger names has no node behind it. */
  | "owedNowhere"
  /** The node keeps its receipt under a name that nothing before it owes. */
  | "notOwed"
  /** Two nodes keep their receipts under one name: the second one archives nothing. */
  | "sameDestination"
  /** A router's destination leads nowhere. */
  | "deadEnd"
  /** Records are archived without a policy. */
  | "noRetention"
  /** Without the attribute for the document's key nothing can be looked up at the target: a repeat would make a second object. */
  | "noKey";

export interface Finding {
  node: string;
  kind: FindingKind;
  values: Record<string, string>;
}

const ARCHIVERS = new Set(["documentum-archive", "css-store"]);
const FAILING = new Set([
  ...ARCHIVERS,
  "metadata-mapper",
  "document-router",
  "document-variants",
  "exstream-compose",
  "exstream-publish",
  "asset-fetch",
  "css-lifecycle",
]);
/** Behind these nobody can see from the flow where a message goes on. */
const OPEN_ENDS = new Set(["link call"]);

/** What is likely a mistake in flows that are valid node by node. Disabled nodes and flows are not looked at. */
export function lint(all: readonly LintNode[], disabledFlows: ReadonlySet<string> = new Set()): Finding[] {
  const nodes = all.filter(({ d, z }) => !d && !(z && disabledFlows.has(z)));
  const graph = new Graph(nodes);
  return nodes.flatMap((node) => {
    switch (node.type) {
      case "exstream-trigger":
        return [...openIntake(node), ...owedNowhere(node, graph), ...sameDestination(node, graph), ...noCatch(node, nodes, graph)];
      case "exstream-compose":
        return [...(isSource(node) ? [...owedNowhere(node, graph), ...sameDestination(node, graph)] : []), ...noCatch(node, nodes, graph)];
      case "documentum-archive":
        return [...noKey(node), ...notOwed(node, graph), ...noRetention(node), ...noCatch(node, nodes, graph)];
      case "css-store":
        return [...noKey(node), ...notOwed(node, graph), ...noCatch(node, nodes, graph)];
      case "document-router":
        return [...deadEnds(node), ...noCatch(node, nodes, graph)];
      default:
        return FAILING.has(node.type) ? noCatch(node, nodes, graph) : [];
    }
  });
}

class Graph {
  private readonly known: Map<string, LintNode>;
  private readonly before = new Map<string, string[]>();

  constructor(nodes: readonly LintNode[]) {
    this.known = new Map(nodes.map((node) => [node.id, node]));
    for (const node of nodes) for (const next of this.next(node)) this.before.set(next, [...(this.before.get(next) ?? []), node.id]);
  }

  /** All nodes a message of this one can reach; `isOpen` when it can also go where the flow does not show it. */
  behind(node: LintNode): { nodes: LintNode[]; isOpen: boolean } {
    return this.walk(node, (each) => this.next(each));
  }

  ahead(node: LintNode): { nodes: LintNode[]; isOpen: boolean } {
    return this.walk(node, (each) => this.before.get(each.id) ?? []);
  }

  private walk(start: LintNode, step: (node: LintNode) => string[]): { nodes: LintNode[]; isOpen: boolean } {
    const seen = new Map<string, LintNode>();
    const waiting = [...step(start)];
    let isOpen = isOpenEnd(start);
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const node = this.known.get(id);
      if (!node || seen.has(id)) continue;
      seen.set(id, node);
      isOpen ||= isOpenEnd(node);
      waiting.push(...step(node));
    }
    return { nodes: [...seen.values()], isOpen };
  }

  private next(node: LintNode): string[] {
    const links = node.type === "link out" || node.type === "document-router" ? listOf(node.links) : [];
    return [...node.wires.flat(), ...links];
  }
}

function isOpenEnd({ type, mode }: LintNode): boolean {
  return OPEN_ENDS.has(type) || type.startsWith("subflow:") || (type === "link out" && mode === "return");
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function names(value: unknown): string[] {
  return String(value ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.includes("${"));
}

function openIntake(trigger: LintNode): Finding[] {
  const isByHttp = trigger.mode === undefined || trigger.mode === "http" || trigger.mode === "events";
  if (!isByHttp || trigger.secretMode !== "none") return [];
  return [{ node: trigger.id, kind: "openIntake", values: {} }];
}

/** Does it enter documents in the ledger that owe receipts? */
function isSource({ type, operation }: LintNode): boolean {
  return type === "exstream-trigger" || (type === "exstream-compose" && (operation === "ondemand" || operation === "fulfil"));
}

/** Names under which the nodes behind a trigger or router keep receipts. */
function keptBehind(nodes: readonly LintNode[]): Set<string> {
  return new Set(nodes.filter(({ type }) => ARCHIVERS.has(type)).map(({ destination }) => String(destination)));
}

function owedNowhere(trigger: LintNode, graph: Graph): Finding[] {
  const { nodes, isOpen } = graph.behind(trigger);
  if (isOpen || (trigger.doneWhen !== undefined && trigger.doneWhen !== "receipts")) return [];
  // A router replaces what the trigger names.
  if (nodes.some(({ type }) => type === "document-router")) return [];
  const kept = keptBehind(nodes);
  return names(trigger.destinations)
    .filter((destination) => !kept.has(destination))
    .map((destination): Finding => ({ node: trigger.id, kind: "owedNowhere", values: { destination } }));
}

function notOwed(archiver: LintNode, graph: Graph): Finding[] {
  const { nodes, isOpen } = graph.ahead(archiver);
  const destination = String(archiver.destination);
  const owing = nodes.filter((node) => isSource(node) || node.type === "document-router");
  // Without either of them the node archives what other nodes put into msg.payload.
  if (isOpen || owing.length === 0 || destination.includes("${")) return [];
  const owed = owing.flatMap(({ type, destinations }) => (type === "document-router" ? targetsOf(destinations) : names(destinations)));
  return owed.includes(destination) ? [] : [{ node: archiver.id, kind: "notOwed", values: { destination } }];
}

function targetsOf(destinations: unknown): string[] {
  return Array.isArray(destinations) ? destinations.flatMap(({ targets }) => names(targets)) : [];
}

function sameDestination(trigger: LintNode, graph: Graph): Finding[] {
  const archivers = graph.behind(trigger).nodes.filter(({ type }) => ARCHIVERS.has(type));
  return archivers.flatMap((archiver, at): Finding[] => {
    // Two nodes on ways that exclude each other are fine; in a row the second one finds the first one's receipt.
    const first = archivers.find(
      (other, place) =>
        place !== at && other.destination === archiver.destination && graph.behind(other).nodes.some(({ id }) => id === archiver.id),
    );
    return first ? [{ node: archiver.id, kind: "sameDestination", values: { destination: String(archiver.destination) } }] : [];
  });
}

function deadEnds(router: LintNode): Finding[] {
  const rows = Array.isArray(router.destinations) ? (router.destinations as { name: string; way?: string }[]) : [];
  const outputs = rows.filter(({ way }) => way !== "link");
  return outputs
    .filter((_, at) => (router.wires[at] ?? []).length === 0)
    .map(({ name }): Finding => ({ node: router.id, kind: "deadEnd", values: { destination: name } }));
}

/** A node of a version without this property archives without a policy, too. */
function noRetention(archiver: LintNode): Finding[] {
  const isRecord = archiver.operation === undefined || archiver.operation === "create" || archiver.operation === "version";
  if (!isRecord || (archiver.retention !== undefined && archiver.retention !== "none")) return [];
  return [{ node: archiver.id, kind: "noRetention", values: {} }];
}

function noKey(archiver: LintNode): Finding[] {
  const creates = archiver.operation !== "rendition" && archiver.operation !== "annotate";
  return creates && archiver.keyAttribute === "" ? [{ node: archiver.id, kind: "noKey", values: {} }] : [];
}

function noCatch(node: LintNode, nodes: readonly LintNode[], graph: Graph): Finding[] {
  if (!FAILING.has(node.type)) return [];
  const isCaught = nodes.some(
    (each) => each.type === "catch" && each.z === node.z && catches(each, node) && graph.behind(each).nodes.length > 0,
  );
  return isCaught ? [] : [{ node: node.id, kind: "noCatch", values: {} }];
}

function catches({ scope, g }: LintNode, node: LintNode): boolean {
  if (Array.isArray(scope)) return scope.includes(node.id);
  return scope === "group" ? g !== undefined && g === node.g : true;
}
