import type { SandboxApp } from "../kernel/app";
import type { Identity } from "../kernel/identity";
import { offerBatch } from "./api/batch";
import { offerChannelAdmin } from "./api/channel-admin";
import { offerDesign } from "./api/design";
import { offerPackages } from "./api/design-packages";
import { offerDesignWrites } from "./api/design-writes";
import { type Desk, offer, SERVICE_NAME, sendRefusal } from "./api/desk";
import { offerEventAdmin, offerEventMetrics } from "./api/events";
import { offerEws } from "./api/ews";
import { offerGateway } from "./api/gateway";
import { offerOnDemand } from "./api/ondemand";
import { offerRuntime } from "./api/runtime";
import { offerRuntimeControl } from "./api/runtime-control";
import { offerStepFiles } from "./api/step-files";
import { Deliverer } from "./channels/deliverer";
import { Library } from "./design/library";
import type { Workflow } from "./design/resource";
import { Events } from "./events/events";
import { EventSender } from "./events/sender";
import { declareBehaviour } from "./jobs/behaviour";
import { Composer } from "./jobs/composer";
import { Engine } from "./jobs/engine";
import { Records } from "./jobs/records";
import type { DeliveryForm } from "./jobs/reports";
import { Results } from "./jobs/results";

/** What a host may choose. */
export interface ExstreamOptions {
  /** Documents composed at a time, over all jobs. Default 2. */
  composeParallel?: number;
}

const VERSIONS = { orchestration: "orchestration-api", design: "design-api", empower: "empower-api" };

/**
 * Mounts the stand-in for Exstream's orchestration and design services (wire/exstream.md 13) and goes on with the batch jobs
 * of an earlier run. State lies in `app.store("exstream")`; the kinds of its records are in `jobs/record-types.ts`.
 */
export function mountExstream(app: SandboxApp, identity: Identity, options: ExstreamOptions = {}): void {
  declareSwitches(app);
  const records = new Records(app.store(SERVICE_NAME));
  const library = new Library(records.store, app.now, () => app.switches.get("exstream.workflow") as Workflow);
  const events = new Events(records.store, app.now);
  const results = new Results(records);
  const deliveryForm = () => app.switches.get("exstream.delivery-file-form") as DeliveryForm;
  const deliverer = new Deliverer(records, results, app.now, deliveryForm);
  const engine = new Engine(
    records,
    new Composer(records, app.now, options.composeParallel ?? 2),
    results,
    deliverer,
    library,
    events,
    app.now,
  );
  const sender = new EventSender(events, app.now);
  const desk: Desk = { app, identity, records, engine, deliverer, results, library, events };
  app.failWith(SERVICE_NAME, (exchange, status, text) => sendRefusal(app, exchange, status, text));
  offerVersions(desk);
  offerOnDemand(desk);
  offerBatch(desk);
  offerRuntime(desk);
  offerRuntimeControl(desk);
  offerStepFiles(desk);
  offerDesign(desk);
  offerDesignWrites(desk);
  offerPackages(desk);
  offerGateway(desk);
  offerEws(desk);
  offerEventMetrics(desk);
  offerChannelAdmin(desk);
  offerEventAdmin(desk);
  app.onClose(async () => {
    await engine.close();
    await sender.close();
    deliverer.close();
  });
  engine.resume();
  sender.wake();
}

/** What the contract leaves open, and faults of the composition itself. */
function declareSwitches({ switches }: SandboxApp): void {
  declareBehaviour(switches);
  switches.declare("exstream.inner-status", "", "when set (for example 401), every on-demand call fails in error shape 2 with this status");
  switches.declare(
    "exstream.several-matches",
    "first",
    "several on-demand outputs of the type Accept names: first (send it) or refuse (406)",
  );
  switches.declare(
    "exstream.error-shape",
    "1",
    "refusals come in error shape 1, in shape 2, or in neither (a page of HTML): 1, 2, neither",
  );
  switches.declare("exstream.errors-as-200", false, "failures go out with HTTP status 200 and say what they are in the body alone");
  switches.declare("exstream.wrong-base64", false, "the contents of an on-demand envelope are no base64");
  switches.declare("exstream.delivery-file-form", "flat", "flat, or nested (deeper, with prefixes, a namespace and CDATA)");
  switches.declare(
    "exstream.workflow",
    "NORMAL",
    "workflow of the design service: NORMAL (with review) or SIMPLE (DRAFT and APPROVED only)",
  );
  switches.declare("exstream.empower-denied", "", "users (header empowerUser) without rights in the interactive editor, parted by commas");
  switches.declare("exstream.ews-security", false, "SOAP calls need a WS-Security UsernameToken of a sandbox user");
  switches.declare("exstream.ews-output-root", "", "folder below which OUTPUTDIRECTORY of a SOAP call may write; empty: nowhere");
  switches.declare("exstream.event-metrics", false, "offers the vendor's internal event metrics (/ei/api/v1/eventmetrics)");
  switches.declare("exstream.single-as-array", false, "one job, flow instance or step comes as an array of one instead of an object");
  switches.declare("exstream.iso-dates", false, "runtime dates are ISO 8601 strings instead of milliseconds since 1970");
}

/** Version probes (A7, wire/exstream.md 4.4). */
function offerVersions(desk: Desk): void {
  for (const [prefix, apiIdentifier] of Object.entries(VERSIONS)) {
    offer(desk, "GET", `/${prefix}/api/v1/version`, (exchange) =>
      exchange.json(200, {
        apiIdentifier,
        major: "25",
        minor: "2",
        patch: "0",
        versionString: "25.2.0",
        details: { appName: `${prefix} (sandbox)`, buildNumber: "0", git: {} },
      }),
    );
  }
}
