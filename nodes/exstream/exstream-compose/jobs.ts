import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { ExstreamClient, Submitted } from "../../clients/exstream/exstream";
import type { ExstreamGatewayClient } from "../../clients/exstream/gateway";
import type { Send } from "../../runtime/input";
import { flag, number, text } from "../../runtime/settings";
import type { StatusLine } from "../../runtime/status";
import type { Config } from "./config";
import { driverData, isSource } from "./driver-data";
import type { Fields } from "./fields";
import { followJob, type JobEvent, type JobSource, jobsOf, trackersOf } from "./following";

type JobOperation = "batch" | "follow" | "stop" | "release" | "reprocess";

/** Batch jobs: they are submitted, followed, and told what to do. */
export class Jobs {
  private readonly pollMs: number;
  private readonly limitMs: number;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: Config,
    private readonly work: {
      status: StatusLine;
      fields: Fields;
      client: () => Promise<ExstreamClient>;
      gateway: () => Promise<ExstreamGatewayClient>;
      signal: AbortSignal;
    },
  ) {
    this.pollMs = Math.max(0.1, number(config.pollSeconds, "pollSeconds", 5)) * 1000;
    this.limitMs = number(config.followMinutes, "followMinutes", 120) * 60_000;
  }

  async handle(operation: JobOperation, message: NodeMessage, send: Send): Promise<void> {
    const { status, fields, client, signal } = this.work;
    status.show("busy", "working", { count: 1 });
    if (operation === "batch") return this.submit(message, send);
    const jobId = await fields.required("jobId", message);
    if (operation === "follow") {
      const last = await this.follow(await this.source(), jobId, message, send);
      if (last) send(Object.assign(message, { payload: last }));
      return;
    }
    const exstream = await client();
    switch (operation) {
      case "stop":
        await exstream.runtime.stopJob(jobId, { signal });
        return this.pass(message, { jobId }, send);
      case "release":
        return this.pass(message, { jobId, released: await exstream.runtime.releaseJob(jobId, { signal }) }, send);
      case "reprocess": {
        const { endDate } = await exstream.getJob(jobId, { signal });
        await exstream.runtime.reprocessJob(jobId, { currentFlow: flag(this.config.currentFlow, false), signal });
        this.pass(message, { jobId }, send);
        if (flag(this.config.follow, false)) await this.follow(jobsOf(exstream), jobId, message, send, endDate);
      }
    }
  }

  private async submit(message: NodeMessage, send: Send): Promise<void> {
    const { fields, status } = this.work;
    const service = text(this.RED, this.node, this.config.service);
    const externalId = await fields.text("externalId", message);
    const submit = this.isViaGateway ? this.toGateway(service, externalId, message) : this.toService(service, externalId, message);
    const submitted = await submit;
    status.show("ok", "submitted");
    this.pass(message, submitted, send);
    if (flag(this.config.follow, false)) await this.follow(await this.source(), submitted.jobId, message, send);
  }

  private async toService(service: string, externalId: string | undefined, message: NodeMessage): Promise<Submitted> {
    const { fields, client, signal } = this.work;
    const { body, contentType } = await fields.driverData(message);
    return (await client()).submitBatch(service, body, { contentType, externalId, signal });
  }

  /** The tracker is the job. */
  private async toGateway(service: string, externalId: string | undefined, message: NodeMessage): Promise<{ jobId: string }> {
    const { fields, gateway, signal } = this.work;
    const value = await fields.driverValue(message);
    const { body, contentType = "application/xml" } = isSource(value) ? { body: value, contentType: value.mediaType } : driverData(value);
    const data = typeof body === "string" ? Buffer.from(body) : body;
    const attributes: Record<string, string> = externalId === undefined ? {} : { externalId };
    return { jobId: await (await gateway()).submit({ service, data, contentType, attributes, signal }) };
  }

  private get isViaGateway(): boolean {
    return this.config.via === "gateway";
  }

  private async source(): Promise<JobSource> {
    return this.isViaGateway ? trackersOf(await this.work.gateway()) : jobsOf(await this.work.client());
  }

  private pass(message: NodeMessage, payload: object, send: Send): void {
    if (this.config.operation !== undefined && this.config.operation !== "batch") this.work.status.show("ok", "done");
    send(Object.assign(this.RED.util.cloneMessage(message), { payload }));
  }

  /** Tells on the second output how a job comes along; gives the last event, or nothing when the node closed before. */
  private async follow(source: JobSource, jobId: string, message: NodeMessage, send: Send, earlierEnd?: string) {
    const { signal, status } = this.work;
    let last: JobEvent | undefined;
    const tell = (event: JobEvent) => {
      last = event;
      const { ended, known } = event.steps ?? { ended: "?", known: "?" };
      if (event.event === "failed") status.show("error", "jobFailed");
      else if (event.event === "complete") status.show("ok", "jobComplete");
      else status.show("busy", "following", { code: event.status, count: `${ended}/${known}` });
      send([null, Object.assign(this.RED.util.cloneMessage(message), { payload: event })]);
    };
    try {
      await followJob(source, jobId, { pollMs: this.pollMs, limitMs: this.limitMs, signal, earlierEnd, tell });
      return last;
    } catch (thrown) {
      // The job goes on; nobody waits for the rest of a message that a redeploy cut.
      if (signal.aborted) return undefined;
      throw thrown;
    }
  }
}
