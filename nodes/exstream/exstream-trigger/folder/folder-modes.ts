import type { Node, NodeAPI } from "node-red";
import { DocbridgeError } from "../../../core/errors";
import type { AdmissionRules } from "../../../core/intake/admission";
import { readDelivery } from "../../../core/intake/lists/delivery-file";
import { type IndexRule, readIndex } from "../../../core/intake/lists/index-file";
import { separatorBytes } from "../../../core/intake/lists/separator";
import { renamesOf } from "../../../core/intake/names";
import { checkTemplate } from "../../../core/mapping/template";
import type { LedgerNode, Stores } from "../../../runtime/ledger-service";
import { flag, number, text } from "../../../runtime/settings";
import type { StatusLine } from "../../../runtime/status";
import type { BatchEvents } from "../batches/batch-events";
import type { Config } from "../config";
import { type Intake, keepLooking } from "../intake-loop";
import { ListFolder, type ListSettings } from "../lists/list-intake";
import { SidecarFolder } from "./folder-intake";

export interface FolderTools {
  ledgerNode: LedgerNode;
  stores: Stores;
  rules: AdmissionRules;
  status: StatusLine;
  batches?: BatchEvents;
}

/** Watches the folder of a trigger for what describes its documents. Returns a function that stops. Throws `configuration`. */
export function openFolder(RED: NodeAPI, node: Node, config: Config, folder: string, tools: FolderTools): () => Promise<void> {
  if (folder === "") {
    throw new DocbridgeError("configuration", {
      message: "The field 'folder' is empty. Name the folder Exstream writes to.",
      subject: "folder",
    });
  }
  const settings = {
    folder,
    completion: config.completion,
    marker: text(RED, node, config.marker),
    pollMs: Math.max(0.1, number(config.pollSeconds, "pollSeconds", 1)) * 1000,
    stablePolls: Math.max(1, number(config.stablePolls, "stablePolls", 2)),
    orphanMs: number(config.orphanSeconds, "orphanSeconds", 60) * 1000,
  };
  const { stores, rules, status, batches } = tools;
  const { describedBy = "sidecar" } = config;
  const intake: Intake =
    describedBy === "sidecar"
      ? new SidecarFolder(node, stores, rules, { ...settings, sidecar: config.sidecar })
      : new ListFolder({
          node,
          stores,
          rules,
          status,
          batches,
          settings: {
            ...settings,
            listName: text(RED, node, config.listName),
            documentsFolder: text(RED, node, config.documentsFolder),
            read: describedBy === "index" ? indexReader(RED, node, config) : deliveryReader(RED, node, config),
          },
        });
  return keepLooking(node, tools.ledgerNode, intake, { what: `The folder ${folder}`, idle: "watching", pollMs: settings.pollMs }, status);
}

function indexReader(RED: NodeAPI, node: Node, config: Config): ListSettings["read"] {
  const field = (name: "separator" | "recordSeparator" | "quote" | "columns" | "pathColumn") => text(RED, node, config[name]);
  const quote = field("quote");
  if (quote.length > 1 || /[^\x20-\x7e]/.test(quote)) {
    throw new DocbridgeError("configuration", {
      message: "The field 'quote' must be a single character, such as \", or empty.",
      subject: "quote",
    });
  }
  const rule: IndexRule = {
    separator: separatorBytes(field("separator"), "separator"),
    ...(field("recordSeparator") === "" ? {} : { recordSeparator: separatorBytes(field("recordSeparator"), "recordSeparator") }),
    ...(quote === "" ? {} : { quote }),
    header: flag(config.header, true),
    columns: field("columns"),
    pathColumn: field("pathColumn"),
    encoding: config.encoding,
  };
  return (input, context) => readIndex(input, rule, context);
}

function deliveryReader(RED: NodeAPI, node: Node, config: Config): ListSettings["read"] {
  const file = text(RED, node, config.fileTemplate);
  checkTemplate(file, "file of an entry");
  const names = renamesOf(text(RED, node, config.keyNames));
  return (input, context) => readDelivery(input, { file, channel: "folder", names }, context);
}
