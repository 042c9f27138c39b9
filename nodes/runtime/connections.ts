import type { Node } from "node-red";
import type { CmsClient } from "../clients/cms/cms";
import type { CssClient } from "../clients/css/css";
import type { DocumentumClient } from "../clients/documentum/documentum";
import type { ExstreamDesignClient } from "../clients/exstream/design";
import type { EwsClient } from "../clients/exstream/ews";
import type { ExstreamClient } from "../clients/exstream/exstream";
import type { ExstreamGatewayClient } from "../clients/exstream/gateway";
import type { TargetType } from "../core/mapping/types";
import type { SandboxDescription } from "../sandbox/main";
import type { ConnectionSecrets } from "./connection-options";
import type { LedgerNode } from "./ledger-service";

/** What the connection config nodes offer to the flow nodes. All methods throw DocbridgeError `configuration`. */

/** A connection that stays open until work that was begun over it has settled, also over a redeploy. */
export interface LendingNode extends Node<ConnectionSecrets> {
  lend<T>(work: Promise<T>): Promise<T>;
}

/** A connection to a target whose types metadata is mapped to. */
export interface TypedTargetNode extends LendingNode {
  /** A type's definition, read from the target and kept for a few minutes. */
  targetType(name: string): Promise<TargetType>;
  /** Names of the types there are, read anew each time. */
  typeNames(): Promise<string[]>;
}

export interface DocumentumRepositoryNode extends TypedTargetNode {
  client(): Promise<DocumentumClient>;
}

export interface CssTenantNode extends TypedTargetNode {
  apiVersion: "v2" | "v3";
  css(): Promise<CssClient>;
  cms(): Promise<CmsClient>;
}

export interface ExstreamServerNode extends Node<ConnectionSecrets> {
  client(): Promise<ExstreamClient>;
  design(): Promise<ExstreamDesignClient>;
  /** The engine as a SOAP service, where the connection has its address. */
  engine(): Promise<EwsClient>;
  /** The service gateway of a Communications Server, where the connection has its address. */
  gateway(): Promise<ExstreamGatewayClient>;
  /** The built-in sandbox, when this connection is one. */
  sandbox(): Promise<SandboxDescription> | undefined;
}

export interface RouteTableNode extends Node {
  /** Name of the table in its ledger. */
  table: string;
  ledgerNode(): LedgerNode;
}

/** How long a type's definition is kept, milliseconds: types change rarely, and a drift must show within minutes. */
export const TYPE_KEPT_MS = 5 * 60_000;

/** Keeps what is slow to read for `keepMs`; concurrent callers share one read, a failed read is not kept. */
export class Kept<T> {
  private readonly entries = new Map<string, { value: Promise<T>; at: number }>();

  constructor(
    private readonly keepMs: number,
    private readonly read: (name: string) => Promise<T>,
  ) {}

  get(name: string): Promise<T> {
    const entry = this.entries.get(name);
    if (entry && performance.now() - entry.at < this.keepMs) return entry.value;
    const value = this.read(name);
    this.entries.set(name, { value, at: performance.now() });
    value.catch(() => this.entries.delete(name));
    return value;
  }
}
