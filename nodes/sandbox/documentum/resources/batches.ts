import { randomUUID } from "node:crypto";
import { type BatchOperation, type BatchRequest, readBatch } from "../batch/envelope";
import { type BatchResult, type Outcome, runBatch } from "../batch/run";
import type { StagedContent } from "../model/contents";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { type Call, isStructured, json, objectBody, type Reply, userOf } from "../wire/call";
import { instantText } from "../wire/dates";
import { badRequest } from "../wire/failures";
import { resourceText } from "../wire/hrefs";
import { readMetadata, takeParts } from "../wire/parts";

const R = "/repositories/:repository";
/** Resources that bring bytes, archives or batches cannot be part of one [INF]; the names are in the style of 21.4. */
const BATCHABLE = [
  "acl",
  "acls",
  "cabinet",
  "cabinets",
  "content",
  "contents",
  "current-version",
  "document",
  "dql-query",
  "folder",
  "folder-child-documents",
  "folder-child-folders",
  "folder-child-links",
  "folder-child-objects",
  "lock",
  "object",
  "object-aspects",
  "object-lifecycle",
  "object-parent-links",
  "permissions",
  "relation",
  "relations",
  "type",
  "versions",
];
const NOT_BATCHABLE = ["archived-contents", "batch-capabilities", "batches", "content-media"];

/** Many operations in one request (wire/documentum.md section 21). */
export function mountBatches(router: Router, repository: Repository): void {
  router.on("POST", `${R}/batches`, (call) => submit(router, repository, call));
  router.on("GET", `${R}/batch-capabilities`, capabilities);
}

function capabilities(call: Call): Reply {
  const members = {
    transactions: "both",
    sequence: "both",
    "on-error": "both",
    "batchable-resources": BATCHABLE,
    "non-batchable-resources": NOT_BATCHABLE,
  };
  return json(200, resourceText(members, [{ rel: "self", href: call.hrefs.self }]));
}

async function submit(router: Router, repository: Repository, call: Call): Promise<Reply> {
  const submitted = instantText(repository.now());
  const staged = new Map<string, StagedContent>();
  try {
    const batch = readBatch(await receive(repository, call, staged));
    const limit = repository.switches.number("batch-max-operations");
    if (limit > 0 && batch.operations.length > limit) throw badRequest(`A batch must not have more than ${limit} operations.`);
    await stageEntities(repository, call, batch.operations, staged);
    const started = instantText(repository.now());
    const result = await runBatch(router, repository, call, batch, staged);
    return batchReply(repository, call, batch, result, { submitted, started, finished: instantText(repository.now()) });
  } finally {
    await repository.contents.unstage(staged.values());
  }
}

/** The envelope: the whole body, or the first part of a multipart body with the contents after it (21.3). */
async function receive(repository: Repository, call: Call, staged: Map<string, StagedContent>): Promise<Record<string, unknown>> {
  if (!/^multipart\//.test(call.body.mediaType)) return objectBody(call);
  let envelope: Record<string, unknown> | undefined;
  await takeParts(call, async (part, index) => {
    if (index === 0) envelope = await readMetadata(part);
    else staged.set(part.contentId, await repository.contents.stage(part.body, part.mediaType || "text/plain", call.damage));
  });
  if (!envelope) throw badRequest("The first part of the body, with the batch itself, is missing.");
  return envelope;
}

/** An entity that is content and not metadata: it must be on disk before a transaction begins. */
async function stageEntities(
  repository: Repository,
  call: Call,
  operations: BatchOperation[],
  staged: Map<string, StagedContent>,
): Promise<void> {
  for (const operation of operations) {
    const declared = operation.headers.find(({ name }) => name.toLowerCase() === "content-type")?.value ?? "";
    const mediaType = declared.split(";")[0]?.trim().toLowerCase() ?? "";
    if (operation.entity === "" || operation.attachments.length > 0 || mediaType === "" || isStructured(mediaType)) continue;
    const key = `entity of ${operation.id}`;
    staged.set(key, await repository.contents.stage(oneChunk(operation.entity), mediaType, call.damage));
    operation.attachments = [key];
    operation.entity = "";
  }
}

async function* oneChunk(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

interface Times {
  submitted: string;
  started: string;
  finished: string;
}

function batchReply(repository: Repository, call: Call, batch: BatchRequest, { state, outcomes }: BatchResult, times: Times): Reply {
  const { description, transactional, sequential, onError, returnRequest } = batch;
  const members = {
    description,
    transactional,
    sequential,
    "on-error": onError,
    "return-request": returnRequest,
    state,
    substate: state,
    ...times,
    owner: userOf(call).name,
    operations: outcomes.map((outcome) => operationMembers(outcome, returnRequest)),
  };
  // Results are not kept: the address in Location is for its looks, as clients never follow it.
  return json(repository.switches.number("batch-status"), JSON.stringify(members), { Location: call.hrefs.at(`/batches/${randomUUID()}`) });
}

function operationMembers({ operation, state, started, finished, response }: Outcome, returnRequest: boolean): object {
  const { id, description, request } = operation;
  return { id, description, ...(returnRequest ? { request } : {}), state, started, finished, response };
}
