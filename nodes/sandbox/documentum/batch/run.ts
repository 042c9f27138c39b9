import type { StagedContent } from "../model/contents";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import type { Call, Reply } from "../wire/call";
import { instantText } from "../wire/dates";
import { badRequest, Failure } from "../wire/failures";
import { failureReply, represented, wantedAt, wantedBy } from "../wire/represent";
import type { BatchOperation, BatchRequest, Header } from "./envelope";
import { callOfOperation } from "./operation-call";

/** What became of one operation; `response` is absent when it was not carried out. */
export interface Outcome {
  operation: BatchOperation;
  state: string;
  started?: string;
  finished?: string;
  response?: { status: number; headers: Header[]; entity: string };
}

export interface BatchResult {
  state: "FINISHED" | "FAILED" | "FINISHED_WITH_ERROR";
  outcomes: Outcome[];
}

/** A failed operation of a transactional batch. */
class Undone extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/**
 * Carries out the operations in their order, also when they need not be in sequence. A transactional batch is done
 * wholly or not at all: the failure of an operation is the failure of the request (wire/documentum.md 21.2).
 */
export async function runBatch(
  router: Router,
  repository: Repository,
  call: Call,
  batch: BatchRequest,
  contents: ReadonlyMap<string, StagedContent>,
): Promise<BatchResult> {
  const perform = (operation: BatchOperation): Promise<Reply> => {
    const inner = callOfOperation(call, operation, contents);
    return Promise.resolve(router.find(inner)(inner)).then((reply) => represented(reply, wantedBy(inner)));
  };
  if (!batch.transactional) return runEach(repository, batch, perform);
  try {
    return await repository.transaction(() => runAll(repository, batch, perform));
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
    const { status, code, message, details } = error.failure;
    throw new Failure(repository.switches.number("batch-failure-status") || status, code, message, details);
  }
}

type Perform = (operation: BatchOperation) => Promise<Reply>;

async function runAll(repository: Repository, batch: BatchRequest, perform: Perform): Promise<BatchResult> {
  const outcomes: Outcome[] = [];
  for (const operation of batch.operations) {
    outcomes.push(
      await outcomeOf(repository, operation, perform, (failure) => {
        throw new Undone(failure);
      }),
    );
  }
  return { state: "FINISHED", outcomes };
}

async function runEach(repository: Repository, batch: BatchRequest, perform: Perform): Promise<BatchResult> {
  const outcomes: Outcome[] = [];
  let failed = false;
  for (const operation of batch.operations) {
    if (failed && batch.onError === "FAIL") {
      outcomes.push({ operation, state: repository.switches.text("batch-unrun-state") });
      continue;
    }
    outcomes.push(
      await outcomeOf(repository, operation, perform, () => {
        failed = true;
      }),
    );
  }
  const state = !failed ? "FINISHED" : batch.onError === "FAIL" ? "FAILED" : "FINISHED_WITH_ERROR";
  return { state, outcomes };
}

async function outcomeOf(
  repository: Repository,
  operation: BatchOperation,
  perform: Perform,
  onFailure: (failure: Failure) => void,
): Promise<Outcome> {
  const started = instantText(repository.now());
  const end = (state: string, reply: Reply): Outcome => ({
    operation,
    state,
    started,
    finished: instantText(repository.now()),
    response: responseOf(reply),
  });
  try {
    return end("FINISHED", await perform(operation));
  } catch (error) {
    const failure = error instanceof URIError ? badRequest("The address is not correctly encoded.") : error;
    if (!(failure instanceof Failure)) throw error;
    onFailure(failure);
    return end("FAILED", failureReply(failure, repository.switches, wantedAt(operation.uri.replace(/\?.*$/s, ""), headerOf(operation))));
  }
}

function responseOf({ status, headers = {}, mediaType, text }: Reply): Outcome["response"] {
  const all = text === undefined ? headers : { "Content-Type": `${mediaType};charset=UTF-8`, ...headers };
  return { status, headers: Object.entries(all).map(([name, value]) => ({ name, value })), entity: text ?? "" };
}

function headerOf({ headers }: BatchOperation): (name: string) => string | undefined {
  return (name) => headers.find((header) => header.name.toLowerCase() === name)?.value;
}
