import type { StagedContent } from "../model/contents";
import { type BodyPart, type Call, isStructured, JSON_TYPE, type RequestBody } from "../wire/call";
import { badRequest } from "../wire/failures";
import { Hrefs, splitSuffix } from "../wire/hrefs";
import type { BatchOperation } from "./envelope";

/** Resources that an operation of a batch must not be, by what follows the repository: bytes, archives, other batches. */
const NOT_BATCHABLE = /^(?:\/batches|\/batch-capabilities|\/archived-contents|\/objects\/[^/]+\/content-media)$/;

/** An operation as a request of its own, by the user of the batch. */
export function callOfOperation(batch: Call, operation: BatchOperation, contents: ReadonlyMap<string, StagedContent>): Call {
  const headers = new Map(operation.headers.map(({ name, value }) => [name.toLowerCase(), value]));
  const [address = "", query = ""] = belowContext(batch.hrefs, operation.uri).split(/\?(.*)/s);
  const { path, suffix } = splitSuffix(address);
  const [, repository, below] = /^\/repositories\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (repository !== batch.params.repository) throw badRequest("The address of the operation is not one of this repository.");
  if (NOT_BATCHABLE.test(below ?? "")) throw badRequest("The resource of the operation cannot be part of a batch.");
  const { hrefs } = batch;
  return {
    method: operation.method,
    path,
    query: new URLSearchParams(query),
    params: {},
    header: (name) => headers.get(name.toLowerCase()),
    body: bodyOfOperation(operation, headers.get("content-type") ?? "", contents),
    hrefs: new Hrefs(
      hrefs.origin,
      hrefs.context,
      hrefs.repositoryName,
      suffix,
      `${new URL(hrefs.context).pathname}${address}${query && `?${query}`}`,
    ),
    user: batch.user,
    damage: batch.damage,
  };
}

/** `uri` is absolute, or relative to the context root (21.1); with the context root's own path it is taken as well. */
function belowContext(hrefs: Hrefs, uri: string): string {
  const path = uri.replace(/^https?:\/\/[^/]+/, "");
  const context = new URL(hrefs.context).pathname;
  return path.startsWith(`${context}/`) ? path.slice(context.length) : path;
}

/**
 * The entity is the body; with attachments it is the metadata part of a multipart body, and a single attachment
 * without entity is the body itself.
 */
function bodyOfOperation(operation: BatchOperation, declared: string, contents: ReadonlyMap<string, StagedContent>): RequestBody {
  // Headers are optional (21.1): an entity that says nothing is what the vendor's JSON type says.
  const declaredType = declared.split(";")[0]?.trim().toLowerCase() || (operation.entity === "" ? "" : JSON_TYPE);
  const attached = operation.attachments.map((id) => {
    const content = contents.get(id);
    if (!content) throw badRequest(`The batch has no part with the Content-ID '${id}'.`);
    return content;
  });
  const [only] = attached;
  const alone = only && attached.length === 1 && operation.entity === "" ? only : undefined;
  const entityType = isStructured(declaredType) ? declaredType : "";
  const mediaType = alone ? alone.mediaType : attached.length > 0 ? "multipart/related" : declaredType;
  return {
    mediaType,
    bytes: async () => Buffer.from(operation.entity),
    stream: () => alone ?? inMemory(operation.entity),
    async parts(onPart) {
      const parts: BodyPart[] = attached.map((body) => ({ mediaType: body.mediaType, fileName: "", contentId: "", body }));
      if (operation.entity !== "") parts.unshift({ mediaType: entityType, fileName: "", contentId: "", body: inMemory(operation.entity) });
      for (const [index, part] of parts.entries()) await onPart(part, index);
      return parts.length;
    },
  };
}

async function* inMemory(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
