import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { DocbridgeError } from "../errors";

export { completeFileName, extensionFor, mediaTypeFor } from "./media-types";

/** File systems hold no longer names. */
const MAX_NAME_BYTES = 255;

/** Names that Windows opens as a device whatever the folder is. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/**
 * Checks that a name from outside is a plain file name and gives it back unchanged; nothing is stripped or repaired.
 * Throws DocbridgeError `path-escape` naming `field` for a name with a path in it, and `value-too-long`.
 */
export function safeFileName(name: string, field: string): string {
  if (/[/\\]/.test(name)) throw escapes(field, "has a path in it; a plain file name is expected");
  checkSegment(name, field);
  return name;
}

/**
 * Checks that a path from outside stays below the folder it is relative to, by its text alone (see `pathInside` for
 * links), and gives it back unchanged. Separator is `/`. Throws DocbridgeError `path-escape` naming `field`, and
 * `value-too-long`.
 */
export function safeRelativePath(path: string, field: string): string {
  if (path.startsWith("/")) throw escapes(field, "is an absolute path");
  if (path.includes("\\")) throw escapes(field, "has a backslash in it");
  if (path.includes(":")) throw escapes(field, "has a colon in it (a drive letter or a stream name)");
  if (path.startsWith("~")) throw escapes(field, "starts in a home folder");
  for (const segment of path.split("/")) checkSegment(segment, field);
  return path;
}

/**
 * The real path of an existing file that a path from outside names below `folder`. Throws DocbridgeError `path-escape`
 * when the path or a symbolic link on it leads out of the folder, and `document-missing` when there is no such file.
 */
export async function pathInside(folder: string, path: string, field: string): Promise<string> {
  safeRelativePath(path, field);
  const [root, target] = await Promise.all([realpath(folder), realpath(resolve(folder, path))]).catch((cause) => {
    throw new DocbridgeError("document-missing", {
      message: `The file that "${field}" names is not there or cannot be read. Deliver it, or correct the reference.`,
      subject: field,
      cause,
    });
  });
  const way = relative(root, target);
  if (way === "" || way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw escapes(field, "leads out of its folder by a link");
  return target;
}

function checkSegment(segment: string, field: string): void {
  if (segment === "") throw escapes(field, "has an empty part");
  if (/\p{Cc}/u.test(segment)) throw escapes(field, "has a control character in it");
  if (/^[A-Za-z]:/.test(segment)) throw escapes(field, "starts with a drive letter");
  // Windows drops dots and blanks at the end, which would make ".. " a way up.
  if (/^[. ]+$/.test(segment)) throw escapes(field, "has a part of dots or blanks only");
  if (WINDOWS_DEVICE.test(segment)) throw escapes(field, "is the name of a device on Windows");
  if (Buffer.byteLength(segment) > MAX_NAME_BYTES) throw tooLong(field, segment);
}

function escapes(field: string, what: string): DocbridgeError {
  return new DocbridgeError("path-escape", {
    message: `The path or file name in "${field}" ${what}, so it is refused. Correct it where it is written.`,
    subject: field,
  });
}

function tooLong(field: string, segment: string): DocbridgeError {
  return new DocbridgeError("value-too-long", {
    message: `The file name in "${field}" has ${Buffer.byteLength(segment)} bytes; at most ${MAX_NAME_BYTES} are possible.`,
    subject: field,
  });
}
