import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { ExstreamDesignClient, ImportReport, Resource } from "../../clients/exstream/design";
import type { ExstreamClient } from "../../clients/exstream/exstream";
import type { OpenReply } from "../../clients/http/download";
import { ContentReference } from "../../core/content/reference";
import { DocbridgeError } from "../../core/errors";
import { completeFileName, mediaTypeFor, mediaTypeOf, UNKNOWN_MEDIA_TYPE } from "../../core/intake/media-types";
import type { ExstreamServerNode } from "../../runtime/connections";
import type { LedgerNode } from "../../runtime/ledger-service";
import { bytesOf } from "../../runtime/payload";
import { configNode, flag, names, number, text, typedValue } from "../../runtime/settings";
import type { Config } from "./config";
import { assetsOfRun } from "./run-assets";
import { checkDraft, checkTransition } from "./transitions";

/** Resources asked for at a time. */
const PAGE = 100;

/** What an operation puts on the message. */
export type Outcome = { payload?: unknown; asset?: unknown; run?: unknown };

type TypedField = "resource" | "title" | "comment" | "job";

/** The operations on the design service, one for each of the node's settings. */
export class Publishing {
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: Config,
    private readonly signal: AbortSignal,
  ) {}

  async run(message: NodeMessage): Promise<Outcome> {
    const server = configNode<ExstreamServerNode>(this.RED, this.config.server, "server");
    const client = await server.design();
    switch (this.config.operation) {
      case "list":
        return { payload: await this.list(client) };
      case "fetch":
        return { asset: await this.fetch(client, message) };
      case "create":
        return { payload: await this.create(client, message) };
      case "content":
        return { payload: await this.setContent(client, message) };
      case "state":
        return { payload: await this.changeState(client, message) };
      case "export":
        return { payload: await this.exportPackage(client, message) };
      case "import":
        return { payload: await this.importPackage(client, message) };
      case "run":
        return { run: await this.assetsOfRun(await server.client(), client, message) };
    }
  }

  private async list(client: ExstreamDesignClient): Promise<object[]> {
    const { types, states, onlyLatest, limit } = this.config;
    const filter = {
      types: names(text(this.RED, this.node, types)),
      states: names(text(this.RED, this.node, states)),
      ...(flag(onlyLatest, true) ? { latestVersion: true } : {}),
      signal: this.signal,
    };
    const most = number(limit, "limit", 1000);
    const found: Resource[] = [];
    while (found.length < most) {
      const { resources } = await client.list({ ...filter, offset: found.length, count: Math.min(PAGE, most - found.length) });
      if (resources.length === 0) break;
      found.push(...resources);
    }
    return found.slice(0, most).map(shown);
  }

  private async fetch(client: ExstreamDesignClient, message: NodeMessage) {
    const { ofVersion, ofState } = this.config;
    const version = text(this.RED, this.node, ofVersion);
    const state = text(this.RED, this.node, ofState);
    const id = await this.required("resource", message);
    const choice = { ...(version ? { version: number(version, "ofVersion", 0) } : {}), ...(state ? { state } : {}), signal: this.signal };
    const resource = await client.get(id, choice);
    // The version that was found, also when a newer one comes up meanwhile.
    const reply = await client.openContent(id, { version: resource.version, signal: this.signal });
    const content = await this.kept(reply, resource.name || id, resource.mediaType);
    const { name, type } = resource;
    return { source: "exstream", id, version: String(resource.version), name, type, state: resource.state, content };
  }

  private async create(client: ExstreamDesignClient, message: NodeMessage) {
    const name = await this.required("title", message);
    const type = text(this.RED, this.node, this.config.kind);
    const subtype = text(this.RED, this.node, this.config.subtype) || undefined;
    const content = await this.contentOf(message);
    return shown(await client.create({ name, type, subtype }, content, { signal: this.signal }));
  }

  private async setContent(client: ExstreamDesignClient, message: NodeMessage) {
    const id = await this.required("resource", message);
    const content = await this.contentOf(message);
    checkDraft(await client.get(id, { signal: this.signal }));
    return shown(await client.setContent(id, content, { signal: this.signal }));
  }

  private async changeState(client: ExstreamDesignClient, message: NodeMessage) {
    const id = await this.required("resource", message);
    const { toState } = this.config;
    checkTransition(await client.get(id, { signal: this.signal }), toState);
    return shown(await client.changeState(id, toState, { comment: await this.text("comment", message), signal: this.signal }));
  }

  private async exportPackage(client: ExstreamDesignClient, message: NodeMessage): Promise<ContentReference> {
    const id = await this.required("resource", message);
    return this.kept(await client.openExport(id, this.config.versions, { signal: this.signal }), `${id}.zip`, "application/zip");
  }

  /** What an import would do is known before it does it: conflicts that the policy does not settle keep it from being begun. */
  private async importPackage(client: ExstreamDesignClient, message: NodeMessage): Promise<ImportReport & { committed: boolean }> {
    const { policy, packageType } = this.config;
    const content = await this.contentOf(message);
    const report = await client.importPackage(content, { commit: false, policy, packageType, signal: this.signal });
    if (!flag(this.config.commit, false)) return { committed: false, ...report };
    if (policy === "ERROR" && report.conflicted.length > 0) {
      throw new DocbridgeError("conflict", {
        message: `${report.conflicted.length} resources of the package are there already in another form, and nothing was imported. Choose another policy, or look at them by a dry run.`,
        subject: String(report.conflicted[0]?.id ?? ""),
      });
    }
    return { committed: true, ...(await client.importPackage(content, { commit: true, policy, packageType, signal: this.signal })) };
  }

  /** What a run used, also kept with its batch. Exstream forgets a run when it expires. */
  private async assetsOfRun(client: ExstreamClient, design: ExstreamDesignClient, message: NodeMessage) {
    const jobId = await this.required("job", message);
    const { ledger } = await configNode<LedgerNode>(this.RED, this.config.ledger, "ledger").stores();
    const assets = await assetsOfRun(client, design, jobId, this.signal);
    const who = this.node.name || this.node.id;
    return { jobId, assets, added: await ledger.keepRunAssets(jobId, assets, { who, why: "" }) };
  }

  /** The bytes a message brings, in the spool. Throws `invalid-message`. */
  private async contentOf(message: NodeMessage): Promise<ContentReference> {
    const { payload, filename, contentType } = message as { payload?: unknown; filename?: unknown; contentType?: unknown };
    if (payload instanceof ContentReference) return payload;
    const { ledgerNode, spool } = await this.spool();
    const kept = await ledgerNode.lend(spool.put(await bytesOf(payload, filename)));
    const given = typeof filename === "string" && filename !== "" ? (filename.split(/[\\/]/).at(-1) as string) : "content";
    const told = typeof contentType === "string" ? mediaTypeOf(contentType) : undefined;
    const mediaType = told ?? mediaTypeFor(given) ?? (typeof payload === "string" ? "text/plain" : UNKNOWN_MEDIA_TYPE);
    return new ContentReference({ ...kept, mediaType, fileName: completeFileName(given, mediaType) }, spool);
  }

  private async kept({ stream, headers }: OpenReply, name: string, expected: string | undefined): Promise<ContentReference> {
    const { ledgerNode, spool } = await this.spool();
    const kept = await ledgerNode.lend(spool.put(stream));
    const mediaType = mediaTypeOf(headers["content-type"]) ?? expected ?? UNKNOWN_MEDIA_TYPE;
    return new ContentReference({ ...kept, mediaType, fileName: completeFileName(name, mediaType) }, spool);
  }

  private async spool() {
    const ledgerNode = configNode<LedgerNode>(this.RED, this.config.ledger, "ledger");
    return { ledgerNode, spool: (await ledgerNode.stores()).spool };
  }

  private async text(field: TypedField, message: NodeMessage): Promise<string | undefined> {
    const value = this.config[field];
    const found = value ? await typedValue(this.RED, this.node, value, this.config[`${field}Type`] || "str", message) : undefined;
    return found === undefined || found === null || found === "" ? undefined : String(found);
  }

  private async required(field: TypedField, message: NodeMessage): Promise<string> {
    const found = await this.text(field, message);
    if (found !== undefined) return found;
    throw new DocbridgeError("invalid-message", { message: `The field '${field}' gives no text for this message.`, subject: field });
  }
}

/** A resource as a flow sees it: in the server's own words. */
function shown({ properties }: Resource): object {
  return properties;
}
