import type { Node } from "node-red";
import type { CmsClient } from "../clients/cms";
import type { CssClient } from "../clients/css";
import type { DocumentumClient } from "../clients/documentum";
import type { ExstreamClient } from "../clients/exstream";
import type { TargetType } from "../core/mapping/types";
import type { SandboxDescription } from "../sandbox/main";
import type { ConnectionSecrets } from "./connection-options";
import type { LedgerNode } from "./ledger-service";

/** What the connection config nodes offer to the flow nodes. All methods throw DocbridgeError `configuration`. */

/** A connection that stays open until work that was begun over it has settled, also over a redeploy. */
export interface LendingNode extends Node<ConnectionSecrets> {
  lend<T>(work: Promise<T>): Promise<T>;
}

export interface DocumentumRepositoryNode extends LendingNode {
  client(): Promise<DocumentumClient>;
  /** A type's definition, read from the repository and kept for a few minutes. */
  targetType(name: string): Promise<TargetType>;
}

export interface CssTenantNode extends LendingNode {
  apiVersion: "v2" | "v3";
  css(): Promise<CssClient>;
  cms(): Promise<CmsClient>;
  /** A type's definition, read from CMS and kept for a few minutes. */
  targetType(systemName: string): Promise<TargetType>;
}

export interface ExstreamServerNode extends Node<ConnectionSecrets> {
  client(): Promise<ExstreamClient>;
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
