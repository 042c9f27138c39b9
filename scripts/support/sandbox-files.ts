/** Reads what a sandbox has on its disk, without any code of the sandbox or the product. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Fields = Record<string, unknown>;

/** An object at a target, and where its bytes lie. */
export interface StoredObject {
  id: string;
  values: Fields;
  /** File of the content; one that is not there when the object has none. */
  path: string;
}

export interface StoredInstance extends StoredObject {
  traits: Record<string, Record<string, Fields>>;
  /** The first rendition. */
  content: Fields;
}

/** The live records of one kind of a service: `put` replaces, `del` removes. */
export function records(dataDir: string, service: string, kind: string): Map<string, Fields> {
  const live = new Map<string, Fields>();
  const path = join(dataDir, `${service}.jsonl`);
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  // The last piece is empty, or a line that is being written.
  for (const line of lines.slice(0, -1)) {
    const change = JSON.parse(line);
    if (change.kind !== kind) continue;
    if (change.op === "put") live.set(change.id, change.value);
    else live.delete(change.id);
  }
  return live;
}

/** The objects of a Documentum type. */
export function storedInDocumentum(dataDir: string, type = "demo_statement"): StoredObject[] {
  return [...records(dataDir, "documentum", "objects")]
    .filter(([, record]) => record.type === type)
    .map(([id, { values, contents }]) => ({
      id,
      values: values as Fields,
      path: join(dataDir, "documentum", (contents as { id: string }[] | undefined)?.[0]?.id ?? "none"),
    }));
}

/** The instances of a CMS type, with the bytes in CSS that they point to. */
export function storedInCms(dataDir: string, type = "def_statement"): StoredInstance[] {
  const contents = new Map([...records(dataDir, "cms", "content").values()].reverse().map((content) => [content.owner_id, content]));
  return [...records(dataDir, "cms", "instance")]
    .filter(([, instance]) => instance.type === type)
    .map(([id, instance]) => {
      const content = contents.get(id) ?? {};
      return {
        id,
        values: instance.properties as Fields,
        traits: instance.traits as StoredInstance["traits"],
        content,
        path: join(dataDir, "css", typeof content.blob === "string" ? content.blob : "none"),
      };
    });
}
