import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { DocbridgeError } from "../../core/errors";
import type { OpenReply } from "../http/download";
import { asBoolean, asList, asNumber, asObject, asText, type JsonObject, parseJson } from "../http/json";
import type { CallOptions, Session } from "../http/session";
import { errorOfBody } from "./errors";

/** A step of a flow instance (wire/exstream.md 6). */
export interface FlowStep {
  id: string;
  flowInstanceId: string;
  /** `input`, `communication`, `output` and others, or a word of a newer server. */
  stepType?: string;
  status?: string;
  hasDeliveryFile: boolean;
  hasMessageFile: boolean;
}

/** Bytes that a step left behind; to be read to their end or destroyed. */
export interface Artifact {
  /** As the server names it. */
  mediaType?: string;
  stream: Readable;
}

/** Filter keys of wire/exstream.md section 6. */
export type RuntimeFilter = Record<string, string | string[]>;

const PAGE = 500;
/** A failure in the disguise of an artifact is no longer than this, in bytes. */
const MAX_FAILURE = 64 * 1024;

/**
 * What jobs left behind, one domain: flow instances, their steps, and the files of those (wire/exstream.md 6); and commands on
 * jobs. Throws DocbridgeError.
 */
export class ExstreamRuntime {
  readonly #session: Session;
  readonly #root: string;

  /** @param root path of the domain's runtime, `/orchestration/api/v1/runtime/<domain>`. */
  constructor(session: Session, root: string) {
    this.#session = session;
    this.#root = root;
  }

  /** Ids of the flow instances of a job. */
  async *flowInstances(jobId: string, options: CallOptions = {}): AsyncGenerator<string> {
    for await (const item of this.#all("flow-instances", { jobId }, options)) {
      const id = asText(item.id);
      if (id) yield id;
    }
  }

  async *flowSteps(flowInstanceId: string, options: CallOptions = {}): AsyncGenerator<FlowStep> {
    for await (const item of this.#all("flow-steps", { flowInstanceId }, options)) {
      const id = asText(item.id);
      if (!id) continue;
      yield {
        id,
        flowInstanceId,
        stepType: asText(item.stepType),
        status: asText(item.status),
        hasDeliveryFile: asBoolean(item.deliveryFileRetrievable),
        hasMessageFile: asBoolean(item.messageFileRetrievable),
      };
    }
  }

  /** Ids of the collections of asset versions that the steps of a flow instance used; the design service has their details. */
  async collections(flowInstanceId: string, { signal }: CallOptions = {}): Promise<string[]> {
    const url = `${this.#root}/flow-instances/${encodeURIComponent(flowInstanceId)}/collection-resources`;
    const { json } = await this.#session.json({ url, signal });
    return asList(json.data).flatMap((id) => asText(id) ?? []);
  }

  async stopJob(id: string, options?: CallOptions): Promise<void> {
    await this.#command(`jobs/${encodeURIComponent(id)}/stop`, options);
  }

  /** Lets the held flow instances of a job go on; returns how many. Throws `refused` when none is held. */
  async releaseJob(id: string, options: CallOptions = {}): Promise<number> {
    const held: string[] = [];
    for await (const item of this.#all("flow-instances", { jobId: id, statuses: "holding" }, options)) {
      if (item.status === "holding") held.push(asText(item.id) ?? "");
    }
    for (const each of held) await this.#command(`flow-instances/${encodeURIComponent(each)}/release`, options);
    if (held.length > 0) return held.length;
    throw new DocbridgeError("refused", { message: `Nothing of job ${id} is held, so nothing can be released.`, subject: id });
  }

  /** Runs a job again, as it ran then or by the flow that is current now. */
  async reprocessJob(id: string, { currentFlow, ...options }: CallOptions & { currentFlow: boolean }): Promise<void> {
    const query = `useCurrentFlowModel=${currentFlow}&useCurrentFlowContext=${currentFlow}`;
    await this.#command(`jobs/${encodeURIComponent(id)}/reprocessing?${query}`, options);
  }

  /** Throws `not-found` for a step that has none, or whose job expired. */
  deliveryFile(stepId: string, options?: CallOptions): Promise<Artifact> {
    return this.#open(`flow-steps/${encodeURIComponent(stepId)}/delivery-file`, options);
  }

  messageFile(stepId: string, options?: CallOptions): Promise<Artifact> {
    return this.#open(`flow-steps/${encodeURIComponent(stepId)}/message-file`, options);
  }

  artifact(stepId: string, name: string, options?: CallOptions): Promise<Artifact> {
    return this.#open(`flow-steps/${encodeURIComponent(stepId)}/artifact/${encodeURIComponent(name)}`, options);
  }

  /** A zip of all that was composed for one customer number. */
  customerArtifacts(stepId: string, customer: string, options?: CallOptions): Promise<Artifact> {
    return this.#open(`flow-steps/${encodeURIComponent(stepId)}/customer-artifacts/${encodeURIComponent(customer)}`, options);
  }

  async *#all(list: string, filter: RuntimeFilter, { signal }: CallOptions): AsyncGenerator<JsonObject> {
    let first: string | undefined;
    for (let offset = 0; ; offset += PAGE) {
      const { json } = await this.#session.json({ url: `${this.#root}/${list}${queryOf({ filter, offset, count: PAGE })}`, signal });
      const items = asList(json.data).map(asObject);
      // A server that knows no offset gives the same page for ever.
      if (offset > 0 && asText(items[0]?.id) === first) return;
      first = asText(items[0]?.id);
      yield* items;
      const total = asNumber(asObject(json.page).totalElements);
      if (items.length === 0 || (total === undefined ? items.length < PAGE : offset + items.length >= total)) return;
    }
  }

  /** The reply is a loosely typed string, or a failure (wire/exstream.md 6, 7). */
  async #command(path: string, { signal }: CallOptions = {}): Promise<void> {
    const { status, stream } = await this.#session.open({ method: "POST", url: `${this.#root}/${path}`, body: Buffer.alloc(0), signal });
    const failure = errorOfBody(asObject(parseJson(await text(stream))), status);
    if (failure) throw failure;
  }

  async #open(path: string, { signal }: CallOptions = {}): Promise<Artifact> {
    return artifactOf(await this.#session.open({ url: `${this.#root}/${path}`, signal }));
  }
}

/** Query of a list: keys of a filter are joined by `;`, values of a key by `,`. */
export function queryOf(query: { filter?: RuntimeFilter; offset?: number; count?: number; sort?: string }): string {
  const keys = Object.entries(query.filter ?? {}).map(([key, value]) => `${key}:${Array.isArray(value) ? value.join(",") : value}`);
  const parameters = Object.entries({ ...query, filter: keys.join(";") || undefined })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return parameters.length > 0 ? `?${parameters.join("&")}` : "";
}

/** The bytes of a reply. Throws the failure that came with a status of success. */
export async function artifactOf({ headers, status, stream }: OpenReply): Promise<Artifact> {
  const mediaType = headers["content-type"];
  if (!mediaType || !/^application\/(.+\+)?json\b/i.test(mediaType)) return { mediaType, stream };
  return { mediaType, stream: await unlessFailure(stream, status) };
}

/** The same bytes again, when they are not a failure that came with a status of success. */
async function unlessFailure(stream: Readable, status: number): Promise<Readable> {
  const source = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const seen: Buffer[] = [];
  let isWhole = false;
  for (let length = 0; length <= MAX_FAILURE && !isWhole; ) {
    const { value, done } = await source.next();
    isWhole = done === true;
    if (!done) seen.push(value);
    length += done ? 0 : value.length;
  }
  const failure = isWhole ? errorOfBody(asObject(parseJson(Buffer.concat(seen))), status) : undefined;
  if (failure) throw failure;
  async function* again(): AsyncGenerator<Buffer> {
    yield* seen;
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
  }
  const copy = Readable.from(again(), { objectMode: false });
  copy.once("close", () => stream.destroy());
  return copy;
}
