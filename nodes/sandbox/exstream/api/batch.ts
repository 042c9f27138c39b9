import { type Desk, offer, sendData } from "./desk";
import { enterJob, readSubmission, serviceOf } from "./submit";

/** Batch submit (wire/exstream.md 5, B1 and B9): the job is on disk before the reply goes out, and runs after it. */
export function offerBatch(desk: Desk): void {
  offer(desk, "POST", "/orchestration/api/v1/inputs/batch/:domain/:service", async (exchange, { user }) => {
    const service = serviceOf(exchange);
    const submission = await readSubmission(exchange);
    const variants = submission.data.options.variants ?? ["pdf"];
    const domain = exchange.param("domain");
    const externalId = exchange.header("externalid");
    const job = await enterJob(desk, submission, { domain, service, mode: "BATCH", variants, user, externalId });
    desk.engine.start(job);
    sendData(exchange, [{ jobId: job.id, id: job.run.instanceId }], 201);
  });
}
