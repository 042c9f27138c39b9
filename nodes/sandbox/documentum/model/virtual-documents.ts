import type { ObjectTable } from "./object-table";
import type { ObjectRecord } from "./records";
import type { VersionTrees } from "./version-trees";

/** A component of a virtual document where it stands in the tree. */
export interface VdNode {
  /** The containment object; its id is the node's. */
  containment: ObjectRecord;
  parent: ObjectRecord;
  /** The version the binding leads to; undefined when the binding is broken. */
  component?: ObjectRecord;
  /** `1`, `1.2`, ... */
  number: string;
}

/** Virtual documents: which objects are made of which others (wire/documentum.md 16.3). */
export class VirtualDocuments {
  constructor(
    private readonly objects: ObjectTable,
    private readonly versions: VersionTrees,
  ) {}

  isVirtual(record: ObjectRecord): boolean {
    return record.values.r_is_virtual_doc === 1;
  }

  /** Containments directly in an object, in their order. */
  containments(record: ObjectRecord): ObjectRecord[] {
    const found: ObjectRecord[] = [];
    for (const id of this.objects.lookup("parent_id", record.id)) {
      const one = this.objects.get(id);
      if (one?.type === "dmr_containment") found.push(one);
    }
    return found.sort((a, b) => orderOf(a) - orderOf(b));
  }

  count(record: ObjectRecord): number {
    return this.containments(record).length;
  }

  /** The version a containment means: that of its label, else of the label asked for, else the current one. */
  componentOf(containment: ObjectRecord, label: string): ObjectRecord | undefined {
    const chronicle = String(containment.values.component_id ?? "");
    const bound = String(containment.values.version_label ?? "");
    const wanted = bound === "" || containment.values.use_node_ver_label === true ? label : bound;
    return this.versions.versions(chronicle).find((version) => this.versions.labelsOf(version).includes(wanted));
  }

  /** The nodes below an object, parents before their children; -1 goes all the way down. */
  *nodes(record: ObjectRecord, depth: number, label = "CURRENT", prefix = ""): Iterable<VdNode> {
    if (depth === 0) return;
    for (const [index, containment] of this.containments(record).entries()) {
      const component = this.componentOf(containment, label);
      const number = `${prefix}${index + 1}`;
      yield { containment, parent: record, component, number };
      if (component) yield* this.nodes(component, depth - 1, label, `${number}.`);
    }
  }

  /** Would the object be part of itself if this component came into it? */
  wouldCircle(record: ObjectRecord, component: ObjectRecord): boolean {
    const chronicle = this.versions.chronicleOf(record);
    if (this.versions.chronicleOf(component) === chronicle) return true;
    for (const { containment } of this.nodes(component, -1)) if (containment.values.component_id === chronicle) return true;
    return false;
  }
}

function orderOf(containment: ObjectRecord): number {
  return (containment.values.order_no as number | undefined) ?? 0;
}
