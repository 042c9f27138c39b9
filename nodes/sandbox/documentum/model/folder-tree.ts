import { NO_ID } from "./id-source";
import type { ObjectTable } from "./object-table";
import type { ObjectRecord } from "./records";
import type { TypeRegistry } from "./types";

/** Paths and ancestors of folders, kept in memory and never stored: they follow from names and parent links. */
export class FolderTree {
  private readonly paths = new Map<string, string[]>();
  private readonly byPath = new Map<string, string>();
  /** Folders directly in a folder; finding them among all its children would mean reading every document. */
  private readonly inner = new Map<string, Set<string>>();

  constructor(
    private readonly objects: ObjectTable,
    private readonly types: TypeRegistry,
  ) {
    for (const type of types.family("dm_folder")) {
      for (const id of objects.idsOf(type)) {
        this.enter(id);
        this.nest(id, parentsOf(objects.get(id)), true);
      }
    }
    objects.watch((before, after) => this.follow(before, after));
  }

  isFolder(record: ObjectRecord): boolean {
    return this.types.isA(record.type, "dm_folder");
  }

  /** Every path of a folder: one for each way down to it. */
  pathsOf(id: string): readonly string[] {
    return this.paths.get(id) ?? [];
  }

  idAt(path: string): string | undefined {
    return this.byPath.get(path);
  }

  /** Ids of everything linked into the folder, all versions. */
  children(id: string): Iterable<string> {
    return this.objects.lookup("i_folder_id", id);
  }

  /** The folder, its parents, their parents and so on; nearest first. */
  ancestors(id: string): string[] {
    const found = new Set([id]);
    for (const one of found) for (const parent of parentsOf(this.objects.get(one))) found.add(parent);
    return [...found];
  }

  /** The folder and all folders below it. */
  subtree(id: string): Set<string> {
    const found = new Set([id]);
    for (const one of found) for (const child of this.inner.get(one) ?? []) found.add(child);
    return found;
  }

  /** Is a folder one of these, or (with `descend`) somewhere below one? */
  isWithin(id: string, targets: ReadonlySet<string>, descend: boolean): boolean {
    return targets.has(id) || (descend && this.ancestors(id).some((one) => targets.has(one)));
  }

  /** Cabinet at the top of the first way up; the zero id when there is none. */
  cabinetOf(folderId: string | undefined): string {
    let id = folderId;
    while (id) {
      const record = this.objects.get(id);
      if (!record) break;
      if (this.types.isA(record.type, "dm_cabinet")) return id;
      id = parentsOf(record)[0];
    }
    return NO_ID;
  }

  /** A path that a folder of this name under these parents would take although another folder has it. */
  taken(name: string, parents: readonly string[], except?: string): string | undefined {
    const bases = parents.length > 0 ? parents.flatMap((parent) => this.pathsOf(parent)) : [""];
    return bases
      .map((base) => `${base}/${name}`)
      .find((path) => {
        const owner = this.byPath.get(path);
        return owner !== undefined && owner !== except;
      });
  }

  private nest(id: string, parents: readonly string[], within: boolean): void {
    for (const parent of parents) {
      const folders = this.inner.get(parent) ?? new Set();
      if (within) this.inner.set(parent, folders.add(id));
      else folders.delete(id);
    }
  }

  private follow(before: ObjectRecord | undefined, after: ObjectRecord | undefined): void {
    const record = after ?? before;
    if (!record || !this.isFolder(record)) return;
    if (before && after && nameOf(before) === nameOf(after) && parentsOf(before).join() === parentsOf(after).join()) return;
    const below = before ? [...this.subtree(record.id)] : [record.id];
    for (const id of below) this.leave(id);
    this.nest(record.id, parentsOf(before), false);
    this.nest(record.id, parentsOf(after), true);
    if (after) for (const id of below) this.enter(id);
  }

  private leave(id: string): void {
    for (const path of this.pathsOf(id)) if (this.byPath.get(path) === id) this.byPath.delete(path);
    this.paths.delete(id);
  }

  /** Notes the paths of a folder, and of its parents first. */
  private enter(id: string): string[] {
    const known = this.paths.get(id);
    if (known) return known;
    const record = this.objects.get(id);
    if (!record) return [];
    const parents = parentsOf(record);
    const bases = parents.length > 0 ? parents.flatMap((parent) => this.enter(parent)) : [""];
    const paths = bases.map((base) => `${base}/${nameOf(record)}`);
    this.paths.set(id, paths);
    for (const path of paths) this.byPath.set(path, id);
    return paths;
  }
}

/** Folders an object is linked into. */
export function parentsOf(record: ObjectRecord | undefined): string[] {
  return (record?.values.i_folder_id as string[] | undefined) ?? [];
}

/** `object_name` of an object. */
export function nameOf(record: ObjectRecord): string {
  return (record.values.object_name as string | undefined) ?? "";
}
