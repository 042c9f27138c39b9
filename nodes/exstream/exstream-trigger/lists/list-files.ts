import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A list file below a watched folder. */
export interface FoundList {
  /** Relative to the watched folder, with slashes. */
  path: string;
  size: number;
  mtimeMs: number;
  ino: number;
  /** Markers that say it is complete: files beside it. */
  markers: string[];
}

export interface ListNames {
  /** File name of lists, in which `*` stands for anything; case does not matter. */
  pattern: string;
  /** Ending of the marker of one list. */
  marker: string;
}

/** A job's own folder lies a few levels down: `<job>/<id>/docgen/<uuid>/output` (wire/exstream.md 9.2). */
const LEVELS = 8;

/** The lists in a folder and below it; links, hidden folders, `processed` and `error` are not looked at. Throws what reading the folder throws. */
export async function findLists(folder: string, names: ListNames): Promise<FoundList[]> {
  const lists: FoundList[] = [];
  await look(folder, "", 0, patternOf(names.pattern), names.marker, lists);
  return lists.sort((one, other) => one.mtimeMs - other.mtimeMs || (one.path < other.path ? -1 : 1));
}

async function look(folder: string, below: string, level: number, pattern: RegExp, marker: string, lists: FoundList[]): Promise<void> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // A folder that went away meanwhile, but not the watched one.
    if (level > 0 && error.code === "ENOENT") return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  for (const name of files.filter((each) => pattern.test(each))) {
    const found = await stat(join(folder, below, name)).catch(() => undefined);
    if (found)
      lists.push({ path: below + name, size: found.size, mtimeMs: found.mtimeMs, ino: found.ino, markers: markersOf(name, files, marker) });
  }
  if (level >= LEVELS) return;
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    if (name.startsWith(".") || name === "processed" || name === "error") continue;
    await look(folder, `${below}${name}/`, level + 1, pattern, marker, lists);
  }
}

/** `run.idx.done`, `run.done`, or a `.trigger` that says the whole folder is complete. */
function markersOf(list: string, files: readonly string[], marker: string): string[] {
  const stem = list.replace(/(?<=.)\.[^.]*$/, "");
  const own = [list, stem].map((base) => (base + marker).toLowerCase());
  return files.filter((name) => own.includes(name.toLowerCase()) || name.toLowerCase().endsWith(".trigger"));
}

function patternOf(text: string): RegExp {
  const parts = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^(?!\\.)${parts.join(".*")}$`, "i");
}

/** Folder of a list, relative to the watched one: "" for the watched one itself. */
export function folderOf(list: FoundList): string {
  const folder = dirname(list.path);
  return folder === "." ? "" : folder;
}

export function nameOf(list: FoundList): string {
  return basename(list.path);
}
