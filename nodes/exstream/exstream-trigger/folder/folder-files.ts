import { constants } from "node:fs";
import { link, mkdir, open, readdir, rename, stat, unlink, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { DocbridgeError } from "../../../core/errors";
import type { SeenFile } from "../../../core/intake/sidecars/stability";

/** The files directly in a folder; folders in it, links and special files are not looked at. Throws what reading the folder throws. */
export async function listFiles(folder: string): Promise<SeenFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ name }) => {
        const found = await stat(join(folder, name)).catch(() => undefined);
        return found && { name, size: found.size, mtimeMs: found.mtimeMs };
      }),
  );
  return files.filter((file) => file !== undefined);
}

/** The names in a folder below; none when it is not there. */
export async function namesIn(folder: string, below: "processed" | "error"): Promise<string[]> {
  return readdir(join(folder, below)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

/** Moves files into a folder below theirs. A name that is taken there gets a number; nothing is ever overwritten. */
export async function moveTo(folder: string, below: "processed" | "error", names: string[]): Promise<string[]> {
  const moved: string[] = [];
  for (const name of names) moved.push(await moveFile(join(folder, name), join(folder, below)));
  return moved;
}

/** Moves a file into a folder, which is made where it is missing. Gives the name it got there. */
export async function moveFile(from: string, target: string): Promise<string> {
  await mkdir(target, { recursive: true });
  return moveOne(from, target, basename(from));
}

async function moveOne(from: string, target: string, name: string): Promise<string> {
  for (let number = 0; ; number += 1) {
    const free = number === 0 ? name : `${name.slice(0, name.length - extname(name).length)}.${number}${extname(name)}`;
    try {
      // A link fails when the name is taken, a rename would overwrite.
      await link(from, join(target, free));
      await unlink(from);
      return free;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") {
        if (!(await isSameFile(from, join(target, free)))) continue;
        // A kill came between link and unlink: the file is there already.
        await unlink(from);
        return free;
      }
      if (code !== "EPERM" && code !== "ENOTSUP") throw error;
      // A file system without hard links: look first; we are the only ones who move files here.
      if (await stat(join(target, free)).catch(() => undefined)) continue;
      await rename(from, join(target, free));
      return free;
    }
  }
}

/** Whether two names are one file, as a move that broke off between link and unlink leaves it. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one), stat(other)]);
  return a.dev === b.dev && a.ino === b.ino && a.ino !== 0;
}

/** Moves files to `error/` and says in `<first name>.reason.json` why, for a person. */
export async function reject(folder: string, names: string[], error: DocbridgeError, at: Date): Promise<void> {
  await giveReason(join(folder, "error"), await moveTo(folder, "error", names), error, at);
}

/** Writes why files are in this folder into `<first name>.reason.json`. */
export async function giveReason(folder: string, files: string[], error: Reason, at: Date): Promise<void> {
  const reason = { code: error.code, message: error.message, subject: error.subject, files, at: at.toISOString() };
  await writeFile(join(folder, `${files[0]}.reason.json`), `${JSON.stringify(reason, null, 2)}\n`);
}

/** What a person reads of an error. */
export type Reason = Pick<DocbridgeError, "code" | "message" | "subject">;

/** Reads a small file, without following a link. Throws what opening throws. */
export async function readSmall(path: string, limit: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const buffer = Buffer.alloc(limit + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
