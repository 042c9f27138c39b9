import { join, resolve } from "node:path";
import type { NodeAPI, NodeDef } from "node-red";
import { registerConsole } from "../../console/register";
import { createNode } from "../../runtime/create-node";
import { onClose } from "../../runtime/input";
import { type LedgerNode, LedgerService } from "../../runtime/ledger-service";
import { flag, number, text } from "../../runtime/settings";

interface Config extends NodeDef {
  /** Empty: `<userDir>/docbridge`. */
  directory: string;
  spoolGb: string;
  graceHours: string;
  leaseSeconds: string;
  maxAttempts: string;
  backoffSeconds: string;
  backoffMaxSeconds: string;
  metrics: boolean;
}

/** Config node: the durable account of documents and the spool with their bytes. */
export = function register(RED: NodeAPI): void {
  registerConsole(RED);

  function DocumentLedger(this: LedgerNode, stored: Config): void {
    const config = createNode(RED, this, stored);
    const directory = text(RED, this, config.directory);
    const base = RED.settings.userDir ?? process.cwd();
    const service = new LedgerService(
      {
        dir: directory ? resolve(base, directory) : join(base, "docbridge"),
        spoolBytes: number(config.spoolGb, "spoolGb", 20) * 1024 ** 3,
        graceMs: number(config.graceHours, "graceHours", 24) * 3_600_000,
        leaseMs: Math.max(2, number(config.leaseSeconds, "leaseSeconds", 15)) * 1000,
        policy: {
          maxAttempts: Math.max(1, number(config.maxAttempts, "maxAttempts", 12)),
          backoffMs: number(config.backoffSeconds, "backoffSeconds", 1) * 1000,
          backoffMaxMs: number(config.backoffMaxSeconds, "backoffMaxSeconds", 300) * 1000,
        },
      },
      (error) => this.error(error.message),
    );
    this.stores = () => service.stores();
    this.lend = (work) => service.lend(work);
    this.metrics = flag(config.metrics, false);
    onClose(this, () => service.close());
  }

  RED.nodes.registerType("document-ledger", DocumentLedger);
};
