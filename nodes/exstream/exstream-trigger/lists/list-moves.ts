import { lstat, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathInside } from "../../../core/intake/safe-name";
import { giveReason, moveFile, type Reason } from "../folder/folder-files";
import { JsonLines, type LinesPlace, numbered } from "./json-lines";
import { type FoundList, folderOf, nameOf } from "./list-files";
import type { ListSettings } from "./list-intake";

/** What becomes of the document of an entry. */
interface Move {
  /** As the list gives it. */
  path: string;
  below: "processed" | "error";
}

/**
 * The moves of one list's files, written down while its entries are taken in and carried out once all of them are. What
 * is gone already was moved before a restart.
 */
export class ListMoves {
  /** Folder that the paths of the list are relative to. */
  readonly documents: string;
  private readonly planned: JsonLines<Move>;
  private readonly folders = new Set<string>();

  constructor(
    private readonly settings: Pick<ListSettings, "folder" | "documentsFolder">,
    private readonly list: FoundList,
  ) {
    const { folder, documentsFolder } = settings;
    this.documents = documentsFolder === "" ? join(folder, folderOf(list)) : documentsFolder;
    // Nobody looks at hidden files of the folder.
    this.planned = new JsonLines(join(folder, "processed", folderOf(list)), (number) => `.${nameOf(list)}${numbered(number)}.moves`);
  }

  get place(): LinesPlace | undefined {
    return this.planned.place;
  }

  /** Goes on with moves that were planned before. False when they are not all there. */
  async resume(place: LinesPlace | undefined): Promise<boolean> {
    const found = place && (await stat(join(this.settings.folder, "processed", folderOf(this.list), place.name)).catch(() => undefined));
    if (place && (found?.size ?? 0) < place.bytes) return false;
    this.planned.place = place;
    return true;
  }

  plan(moves: Move[]): Promise<void> {
    return this.planned.append(moves);
  }

  /** Moves documents, then markers, the list last: as long as it is there, a restart finishes the rest. */
  async carryOut(error: Reason | undefined, stopping: AbortSignal): Promise<void> {
    for await (const { path, below } of this.planned.read()) {
      stopping.throwIfAborted();
      await this.moveDocument(path, below);
    }
    const { folder } = this.settings;
    const target = join(folder, error ? "error" : "processed", folderOf(this.list));
    const moved: string[] = [];
    for (const marker of this.list.markers) {
      // The marker of the whole watched folder is not this list's.
      const isShared = folderOf(this.list) === "" && marker.toLowerCase().endsWith(".trigger");
      if (!isShared) moved.push(await moveFile(join(folder, folderOf(this.list), marker), target));
    }
    moved.unshift(await moveFile(join(folder, this.list.path), target));
    await this.planned.remove();
    if (error) await giveReason(target, moved, error, new Date());
  }

  close(): Promise<void> {
    return this.planned.close();
  }

  private async moveDocument(path: string, below: Move["below"]): Promise<void> {
    const { documentsFolder, folder } = this.settings;
    const from = join(this.documents, path);
    if (!(await this.isInside(path))) return;
    const found = await lstat(from).catch(() => undefined);
    if (!found?.isFile()) return;
    const root = documentsFolder === "" ? join(folder, below, folderOf(this.list)) : join(documentsFolder, below);
    await moveFile(from, dirname(join(root, path)));
  }

  /** A folder is looked at once: nobody moves links about under a list. */
  private async isInside(path: string): Promise<boolean> {
    const below = dirname(path);
    if (below === ".") return !/[\\/]/.test(path);
    if (this.folders.has(below)) return true;
    const isInside = await pathInside(this.documents, below, "path").then(
      () => true,
      () => false,
    );
    if (isInside && this.folders.size < 1_000) this.folders.add(below);
    return isInside;
  }
}
