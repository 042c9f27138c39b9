import type { Node, NodeAPI, NodeMessage } from "node-red";
import { asDocbridgeError } from "../../core/errors";
import type { AdmissionRules } from "../../core/intake/admission";
import type { DocumentRecord } from "../../core/ledger/ledger";
import { admissionRules } from "../../runtime/admission-rules";
import type { ExstreamServerNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { flowsStarted } from "../../runtime/flows-started";
import { onClose } from "../../runtime/input";
import type { LedgerNode, Stores } from "../../runtime/ledger-service";
import { type DocumentMessage, toDocument } from "../../runtime/message";
import { Releaser } from "../../runtime/releaser";
import { configNode, flag, number, text } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import type { BatchEvent } from "./batches/batch-event";
import { BatchEvents } from "./batches/batch-events";
import type { Config } from "./config";
import { correlating, openEventPoll, openWebhook } from "./events/event-modes";
import { type Correlating, eventMessage } from "./events/event-release";
import { type FolderTools, openFolder } from "./folder/folder-modes";
import { openGateway } from "./gateway/gateway-modes";
import { intakePath, receiveByHttp } from "./http/http-intake";
import { WaitingRoom } from "./http/waiting-room";
import { openJobs } from "./jobs/job-modes";
import { deliverFromSandbox, folderChannel, gatewayChannel, httpChannel, sandboxFolder } from "./sandbox-channel";

interface Secrets {
  secret?: string;
}

/** Status while all is well. */
const IDLE = { http: "listening", folder: "watching", jobs: "polling", gateway: "polling", events: "listening" } as const satisfies Record<
  Config["mode"],
  string
>;
/** Least time between two events of one batch, milliseconds. */
const PROGRESS_MS = 2_000;

/** Something that runs until the node closes. */
type Stop = () => Promise<void> | void;

/** Flow node: takes in what Exstream finished, durably, and releases it into the flow at the flow's pace. */
export = function register(RED: NodeAPI): void {
  const waitingRoom = new WaitingRoom(RED);

  function ExstreamTrigger(this: Node<Secrets>, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const started = flowsStarted(RED);
    const running: Stop[] = [];
    let closed = false;
    const keep = (stop: Stop) => (closed ? void stop() : void running.push(stop));

    const start = async () => {
      status.show("connecting", "connecting");
      const ledgerNode = configNode<LedgerNode>(RED, config.ledger, "ledger");
      const rules = admissionRules(RED, this, config);
      const match = correlating(RED, this, config);
      // The way in is open before the ledger is: it answers 503 until then, which no sender takes for a refusal.
      if (config.mode === "http") openHttp(ledgerNode, rules);
      const folder = config.mode === "folder" ? folderToWatch() : "";
      if (config.mode === "events") {
        for (const stop of openWebhook(RED, this, config, { ledgerNode, rules, secret: secret(), waitingRoom }, deliveringSandbox()))
          keep(stop);
      }
      const stores = await ledgerNode.stores();
      await started;
      const batches = flag(config.batchEvents, false) ? tellBatches(ledgerNode, stores) : undefined;
      keep(release(ledgerNode, stores, match, batches));
      if (config.mode === "folder") keep(openFolder(RED, this, config, folder, { ledgerNode, stores, rules, status, batches }));
      if (config.mode === "jobs") keep(openJobs(RED, this, config, { ledgerNode, stores, rules, status, batches }));
      if (config.mode === "gateway") keep(openGatewayDocuments({ ledgerNode, stores, rules, status, batches }));
      if (config.mode === "events" && flag(config.pollEvents, false)) {
        keep(openEventPoll(RED, this, config, { ledgerNode, stores, rules, status, batches }));
      }
      // Last, as the others have something to tell until they have stopped.
      if (batches) keep(() => batches.stop());
      status.show("ok", IDLE[config.mode]);
    };

    const openHttp = (ledgerNode: LedgerNode, rules: AdmissionRules) => {
      const path = intakePath(text(RED, this, config.path));
      waitingRoom.remember(path);
      const maxBytes = number(config.maxMegabytes, "maxMegabytes", 2048) * 1024 ** 2;
      keep(receiveByHttp(RED, this, ledgerNode, rules, { path, form: config.form, secret: secret(), maxBytes }));
      const sandbox = deliveringSandbox();
      if (sandbox) keep(deliverFromSandbox(this, sandbox, httpChannel(RED, path, secret())));
    };

    const openGatewayDocuments = (tools: FolderTools): Stop => {
      const sandbox = deliveringSandbox();
      if (sandbox) keep(deliverFromSandbox(this, sandbox, gatewayChannel()));
      return openGateway(RED, this, config, tools);
    };

    /** Undefined: anybody may deliver. */
    const secret = () => (config.secretMode === "none" ? undefined : (this.credentials?.secret ?? ""));

    const folderToWatch = (): string => {
      const folder = text(RED, this, config.folder);
      const sandbox = folder === "" ? deliveringSandbox() : undefined;
      if (!sandbox) return folder;
      const own = sandboxFolder(RED, this);
      keep(deliverFromSandbox(this, sandbox, folderChannel(own, config)));
      return own;
    };

    const deliveringSandbox = () => {
      const server = config.server ? (RED.nodes.getNode(config.server) as ExstreamServerNode | null) : null;
      return flag(config.sandboxDelivers, true) ? server?.sandbox() : undefined;
    };

    const tellBatches = (ledgerNode: LedgerNode, { ledger }: Stores): BatchEvents => {
      const send = (event: BatchEvent) => this.send([null, { topic: event.batchId, payload: event } as NodeMessage]);
      const lend = <T>(work: Promise<T>) => ledgerNode.lend(work);
      return new BatchEvents({ ledger, origin: this.id, send, report, lend, progressMs: PROGRESS_MS });
    };

    const release = (ledgerNode: LedgerNode, stores: Stores, match: Correlating, batches: BatchEvents | undefined): Stop => {
      const releaser = new Releaser(stores.ledger, {
        origin: this.id,
        maxInFlight: Math.max(1, number(config.maxInFlight, "maxInFlight", 32)),
        flowTimeoutMs: Math.max(1, number(config.flowTimeoutSeconds, "flowTimeoutSeconds", 600)) * 1000,
        emit: (record) => {
          if (record.batch) batches?.saw(record.batch.id);
          if (record.source.channel === "event") void ledgerNode.lend(emitEvent(record, match, stores, ledgerNode));
          else emit(record, stores, ledgerNode);
        },
        report,
      });
      return () => ledgerNode.lend(releaser.stop());
    };

    const emit = (record: DocumentRecord, stores: Stores, ledgerNode: LedgerNode) => {
      const message: DocumentMessage & { payload: unknown } = {
        ...(record.batch ? { topic: record.batch.id } : {}),
        payload: record.metadata,
        document: toDocument(record, stores, ledgerNode.id),
      } as DocumentMessage & { payload: unknown };
      handOn(message, record, stores, ledgerNode);
    };

    const emitEvent = async (record: DocumentRecord, match: Correlating, stores: Stores, ledgerNode: LedgerNode) => {
      try {
        const message = await eventMessage(record, match, { stores, ledgerNode, status });
        if (message) handOn(message, record, stores, ledgerNode);
      } catch (thrown) {
        // With the message, so that Catch nodes hear of it.
        this.error(asDocbridgeError(thrown), { document: toDocument(record, stores, ledgerNode.id) } as DocumentMessage);
      }
    };

    const handOn = (message: NodeMessage, record: DocumentRecord, stores: Stores, ledgerNode: LedgerNode) => {
      this.send(message);
      if (config.doneWhen === "emitted") ledgerNode.lend(stores.ledger.emitted(record.id, record.fence)).catch(report);
    };

    const report = (thrown: unknown) => {
      const error = asDocbridgeError(thrown);
      status.error(error);
      this.error(error.message);
    };

    start().catch(report);
    onClose(this, async () => {
      closed = true;
      for (const stop of running) await stop();
      status.clear();
    });
  }

  RED.nodes.registerType<Node<Secrets>, Config, object, Secrets>("exstream-trigger", ExstreamTrigger, {
    credentials: { secret: { type: "password" } },
  });
};
