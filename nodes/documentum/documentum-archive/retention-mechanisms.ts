import type { DocumentumClient, DocumentumObject, FolderRef } from "../../clients/documentum/documentum";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { textsIn } from "./reading-back";

/** How a site puts an object under retention; Documentum REST has no endpoint for it (wire/documentum.md 20.4). */
export type RetentionRule =
  /** Filed or linked into a folder that is governed. `folder` is a Mustache template. */
  | { by: "folder"; folder: string }
  | { by: "lifecycle"; lifecycle: string; state: string }
  | { by: "aspect"; aspect: string }
  /** Attributes the mapping has set, which a job of the server turns into a policy. */
  | { by: "attributes" }
  /** A resource the site itself has built. `url` and `body` are Mustache templates over the document and its `receipt`. */
  | { by: "extension"; method: "GET" | "POST" | "PUT"; url: string; body: string };

/** One rule put into practice for one document. */
export interface Mechanism {
  /** Does it, unless it was done already. */
  apply(object: DocumentumObject, receipt: Receipt, signal: AbortSignal): Promise<void>;
  /** What shows on the object that it was done; undefined when nothing does. An extension shows nothing by itself. */
  sign(object: DocumentumObject, signal: AbortSignal): Promise<string | undefined>;
  /** Attribute that a retention by this mechanism fills, where the node names none. */
  proof?: string;
  /** The server does it in its own time: a document without the proof waits before it counts as refused. */
  later?: boolean;
}

/** Finds what the rule names. Throws `not-found` when the repository has it not: nothing was archived then. */
export async function mechanismOf(
  client: DocumentumClient,
  rule: RetentionRule,
  document: DocbridgeDocument,
  folders: { get(path: string): Promise<FolderRef> },
  signal: AbortSignal,
): Promise<Mechanism> {
  switch (rule.by) {
    case "folder":
      return filing(client, await folders.get(renderTemplate(rule.folder, documentView(document), { name: "governed folder" })));
    case "lifecycle":
      return lifecycle(client, await client.policies.lifecycleId(rule.lifecycle, { signal }), rule);
    case "aspect":
      return aspect(client, rule.aspect);
    case "attributes":
      return { apply: async () => {}, sign: async () => "attributes", proof: "i_retainer_id", later: true };
    case "extension":
      return extension(client, rule, document);
  }
}

/** The folder at a path, which records management has set up. Throws `not-found`. */
export async function governedFolder(client: DocumentumClient, path: string): Promise<FolderRef> {
  const folder = await client.findFolder(path);
  if (folder) return folder;
  throw new DocbridgeError("not-found", {
    message:
      "There is no governed folder at the path of the node's template. It is never created by this node; have records management set it up.",
    subject: "governedFolder",
  });
}

function filing(client: DocumentumClient, folder: FolderRef): Mechanism {
  return {
    apply: (object, _receipt, cut) => client.links.link(object, folder, { signal: cut }),
    async sign(object) {
      return client.links.isIn(object, folder) ? `folder ${folder.objectId}` : undefined;
    },
    proof: "i_retainer_id",
  };
}

function lifecycle(client: DocumentumClient, id: string, { state }: { state: string }): Mechanism {
  const sign: Mechanism["sign"] = async (object, signal) => {
    const now = await client.policies.lifecycleOf(object, { signal });
    if (now.id !== id || (state !== "" && now.state !== state)) return undefined;
    return `lifecycle ${id}${now.state ? `, state ${now.state}` : ""}`;
  };
  return {
    async apply(object, _receipt, signal) {
      if (!(await sign(object, signal))) await client.policies.attachLifecycle(object, id, state, { signal });
    },
    sign,
  };
}

function aspect(client: DocumentumClient, name: string): Mechanism {
  const sign: Mechanism["sign"] = async (object, signal) => {
    const names = await textsIn(client, object, "r_aspect_name", signal);
    return names.includes(name) ? `aspect ${name}` : undefined;
  };
  return {
    async apply(object, _receipt, signal) {
      if (!(await sign(object, signal))) await client.policies.attachAspect(object, name, { signal });
    },
    sign,
  };
}

function extension(client: DocumentumClient, rule: Extract<RetentionRule, { by: "extension" }>, document: DocbridgeDocument): Mechanism {
  return {
    async apply(_object, receipt, signal) {
      const view = { ...documentView(document), receipt };
      const url = renderTemplate(rule.url, view, { name: "address of the extension", escape: encodeURIComponent });
      const body = renderTemplate(rule.body, view, { name: "body for the extension", escape: inJson });
      await client.policies.callSite({ method: rule.method, url, ...(body === "" ? {} : { body }) }, { signal });
    },
    async sign() {
      return "extension";
    },
  };
}

/** For a place between the quotes of a JSON text. */
function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
