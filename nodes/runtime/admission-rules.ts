import type { Node, NodeAPI } from "node-red";
import { DocbridgeError } from "../core/errors";
import type { AdmissionRules } from "../core/intake/admission";
import { names, text } from "./settings";

/** What a dialog asks about the documents its node takes in. */
export interface AdmissionConfig {
  tenant?: string;
  businessKey?: string;
  doneWhen?: AdmissionRules["doneWhen"];
  destinations?: string;
}

/** How a node enters documents in its ledger. Throws `configuration` when destinations are owed and none is named. */
export function admissionRules(RED: NodeAPI, node: Node, config: AdmissionConfig): AdmissionRules {
  const { doneWhen = "receipts", tenant, businessKey = "" } = config;
  const targets = doneWhen === "receipts" ? names(text(RED, node, config.destinations)) : [];
  if (doneWhen === "receipts" && targets.length === 0) {
    throw new DocbridgeError("configuration", {
      message:
        "The field 'destinations' is empty. Name the destinations that owe a receipt, or let a document-router decide ('Done when').",
      subject: "destinations",
    });
  }
  return { origin: node.id, tenant: text(RED, node, tenant), businessKey, targets, doneWhen };
}
