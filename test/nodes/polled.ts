/** What the tests of a trigger that polls share: jobs that the flow itself submits, and what comes of them. */
import should from "should";
import type { DocbridgeDocument } from "../../dist/core/document.js";
import type { BatchEvent } from "../../dist/exstream/exstream-trigger/batches/batch-event.js";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { node } from "./flows.ts";
import { documentOf, type Rig } from "./rig.ts";
import { until } from "./values.ts";

/** Nodes that submit, and that collect what the trigger sends to its outputs `out` and `events`. */
export const submitters = [
  node("exstream-compose", "compose", {
    server: "exstream",
    service: "statements",
    data: "payload",
    dataType: "msg",
    wires: [["submitted"]],
  }),
  node("helper", "submitted"),
  node("helper", "events"),
];

/** Jobs of earlier tests are still there; each test looks at its own. */
export class PolledJobs {
  private readonly rig: Rig;
  private readonly limitMs: number;

  /** @param limitMs how long the end of a job may take. */
  constructor(rig: Rig, limitMs: number) {
    this.rig = rig;
    this.limitMs = limitMs;
  }

  async submit(generate: Fields): Promise<string> {
    const before = this.rig.messages("submitted").length;
    this.rig.send("compose", { payload: { generate: { variants: ["pdf"], size: 4_000, ...generate } } });
    const messages = await this.rig.received(before + 1, "submitted");
    return (messages[before] as { payload: { jobId: string } }).payload.jobId;
  }

  /** A job is polled to its end although the sign-in is refused; `hidden`: inside of a 200. */
  async runRefused(hidden: boolean): Promise<void> {
    const { app, description } = this.rig.sandbox;
    await control(description, "PUT", "/switches", { "exstream.errors-as-200": hidden });
    try {
      app.expireTokens();
      const job = await this.submit({ customers: 2, seed: 40 });
      should(await this.ended(job)).match({ type: "complete", counts: { documents: 2 } });
    } finally {
      await control(description, "PUT", "/switches", { "exstream.errors-as-200": false });
    }
  }

  events(job: string): BatchEvent[] {
    const all = this.rig.messages("events").map(({ payload }) => payload as BatchEvent);
    return all.filter(({ batchId }) => batchId === job);
  }

  ended(job: string): Promise<BatchEvent> {
    return until(
      `the end of job ${job}; errors: ${this.rig.errors()}`,
      () => this.events(job).find(({ type }) => type === "complete" || type === "failed"),
      this.limitMs,
    );
  }

  documents(job: string): DocbridgeDocument[] {
    return this.rig
      .messages()
      .map(documentOf)
      .filter(({ source }) => source.jobId === job);
  }

  composed(job: string): Fields[] {
    return [...records(this.rig.dataDir, "exstream", "output").values()].filter((output) => output.jobId === job);
  }

  /** Every output of the job came, once, as it was composed. */
  cameWhole(job: string): void {
    const came = this.documents(job).map(({ content }) => content.sha256);
    should(came.sort()).eql(
      this.composed(job)
        .map(({ sha256 }) => sha256)
        .sort(),
    );
  }

  /** A call of the runtime API, as an operator would make it. */
  async call(method: string, path: string): Promise<void> {
    const { otds, exstream } = this.rig.sandbox.description;
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: otds.clientId, client_secret: otds.clientSecret });
    const { access_token } = (await (await fetch(otds.tokenUrl, { method: "POST", body: form })).json()) as { access_token: string };
    const url = `${exstream.baseUrl}/orchestration/api/v1/runtime/${exstream.domain}/${path}`;
    const reply = await fetch(url, { method, headers: { Authorization: `Bearer ${access_token}` } });
    should(reply.status).equal(200, await reply.text());
  }
}
