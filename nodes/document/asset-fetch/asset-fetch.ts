import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";
import type { CssTenantNode, DocumentumRepositoryNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { onClose, onInput } from "../../runtime/input";
import type { LedgerNode } from "../../runtime/ledger-service";
import { configNode, number, text, typedValue } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import { AssetCache } from "./asset-cache";
import { type AssetRules, type AssetSource, CssAssets, DocumentumAssets } from "./sources";

interface Config extends NodeDef {
  source: "documentum" | "css";
  repository: string;
  tenant: string;
  /** Its spool keeps the fetched bytes. */
  ledger: string;
  findBy: "key" | "name" | "id";
  /** Typed input. */
  asset: string;
  assetType: string;
  /** Mustache template over the message: name of a rendition in CMS; empty: the primary one. */
  rendition: string;
  objectType: string;
  keyAttribute: string;
  approvalAttribute: string;
  approvalValue: string;
  cacheSeconds: string;
}

/** Flow node: gives an approved asset of Documentum or CSS as `msg.asset`, with its bytes as a content reference. */
export = function register(RED: NodeAPI): void {
  function AssetFetch(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const cut = new AbortController();
    const rules: AssetRules = {
      objectType: text(RED, this, config.objectType),
      keyAttribute: text(RED, this, config.keyAttribute),
      approvalAttribute: text(RED, this, config.approvalAttribute),
      approvalValue: text(RED, this, config.approvalValue),
    };
    const source: AssetSource =
      config.source === "documentum"
        ? new DocumentumAssets(() => configNode<DocumentumRepositoryNode>(RED, config.repository, "repository"), rules)
        : new CssAssets(() => configNode<CssTenantNode>(RED, config.tenant, "tenant"), rules);
    const keepMs = number(config.cacheSeconds, "cacheSeconds", 60) * 1000;
    let cache: Promise<AssetCache> | undefined;
    status.show("idle", "ready");

    const openCache = (): Promise<AssetCache> => {
      cache ??= configNode<LedgerNode>(RED, config.ledger, "ledger")
        .stores()
        .then(({ spool }) => new AssetCache(source, spool, keepMs));
      return cache;
    };

    const wanted = async (message: NodeMessage): Promise<string> => {
      const value = await typedValue(RED, this, config.asset, config.assetType, message);
      if (typeof value === "string" && value !== "") return value;
      throw new DocbridgeError("invalid-message", {
        message: `The field 'asset' gives no text for this message. It must give the ${config.findBy} of an asset.`,
        subject: "asset",
      });
    };

    const fetched = async (message: NodeMessage) => {
      const template = config.source === "css" ? text(RED, this, config.rendition) : "";
      const rendition = renderTemplate(template, message, { name: "rendition" });
      return (await openCache()).get({ findBy: config.findBy, value: await wanted(message), rendition }, cut.signal);
    };

    onInput(this, async (message, send) => {
      status.show("busy", "working", { count: 1 });
      const asset = await status.showing(fetched(message));
      status.show("ok", asset.fromCache ? "fromCache" : "fetched");
      send(Object.assign(message, { asset: { source: config.source, ...asset } }));
    });
    onClose(this, async () => {
      cut.abort();
      status.clear();
    });
  }

  RED.nodes.registerType("asset-fetch", AssetFetch);
};
