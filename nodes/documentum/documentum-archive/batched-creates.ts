import type { CreatedDocument, DocumentumClient, NewDocument } from "../../clients/documentum/documentum";
import { Gatherer } from "../../clients/http/gatherer";
import { asDocbridgeError, type DocbridgeError } from "../../core/errors";

export interface BatchRule {
  /** Documents of one request at most; below 2 each goes alone. */
  size: number;
  /** Larger documents go alone, bytes. */
  largest: number;
}

interface Create {
  client: DocumentumClient;
  document: NewDocument;
  signal: AbortSignal;
}

type Result = CreatedDocument | DocbridgeError;

/** Creates small documents many at a time where the server takes that, and large ones each for itself, streamed. */
export class BatchedCreates {
  private readonly gatherer: Gatherer<Create, CreatedDocument>;

  constructor(private readonly rule: BatchRule) {
    this.gatherer = new Gatherer<Create, CreatedDocument>((creates) => carryOut(creates), { size: Math.max(1, rule.size) });
  }

  create(client: DocumentumClient, document: NewDocument, signal: AbortSignal): Promise<CreatedDocument> {
    const { size, largest } = this.rule;
    if (size < 2 || document.content.size > largest) return client.createDocument(document, { signal });
    return this.gatherer.run({ client, document, signal });
  }
}

async function carryOut(creates: Create[]): Promise<Result[]> {
  const { client } = creates[0] as Create;
  const signal = AbortSignal.any(creates.map((create) => create.signal));
  if (creates.length === 1 || !(await client.hasBatches({ signal }))) return eachAlone(creates);
  try {
    return await client.createDocuments(
      creates.map(({ document }) => document),
      { signal },
    );
  } catch (thrown) {
    const error = asDocbridgeError(thrown);
    // A server that will not take this batch, whatever is in it: that is no document's fault.
    if (error.retryable || error.ambiguous || error.code === "authentication-failed") throw error;
    return eachAlone(creates);
  }
}

function eachAlone(creates: Create[]): Promise<Result[]> {
  return Promise.all(
    creates.map(({ client, document, signal }) => client.createDocument(document, { signal }).catch((thrown) => asDocbridgeError(thrown))),
  );
}
