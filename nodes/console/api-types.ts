import type { ActionName, ActionPreview, AuditEntry, DocumentPage, Figures, Selection } from "../core/ledger/console";
import type { Hold, RouteTableDraft, RouteTableVersion } from "../core/ledger/routing";
import type { RunAssets } from "../core/ledger/runs";
import type { OfferedDestination, RouteTable, TableProblem } from "../core/routing/table";

/**
 * The operator console's API, under `<admin root>/docbridge/api`. Reading needs the permission `docbridge.read`, changing
 * and trying out (a dry run evaluates expressions) `docbridge.write`. Every request other than GET is JSON and carries the
 * header `X-Docbridge: console`, which no foreign page can send. Errors: status 4xx or 5xx with an `ApiError`; 401 without
 * one when the permission is missing.
 *
 * The console's page is at `<admin root>/docbridge/console/`. Beside it, `preview` is a page for a frame that shows the HTML
 * of a document, which it is given by `postMessage` once it has said `ready`: with its own styles, without any script.
 *
 *     GET    /session                                      Session
 *     GET    /ledgers/:ledger/figures                      Figures & { holds: Hold[] }
 *     GET    /ledgers/:ledger/stream                       server-sent events; `figures` with the same, at most one a second
 *     GET    /ledgers/:ledger/throughput?hours=            ThroughputPoint[]
 *     GET    /ledgers/:ledger/batches?limit=               BatchSummary[]
 *     GET    /ledgers/:ledger/batches/:batch/assets        RunAssetsReply
 *     GET    /ledgers/:ledger/failures                     FailureGroup[]
 *     GET    /ledgers/:ledger/documents?state=a,b&code=&customer=&job=&batch=&key=&businessKey=&heldBy=&from=&until=&after=&limit=
 *     GET    /ledgers/:ledger/documents/:id                DocumentDetail
 *     GET    /ledgers/:ledger/documents/:id/content        the bytes, sandboxed; `?download` as an attachment
 *     GET    /ledgers/:ledger/orphans?after=&limit=        OrphanPage
 *     POST   /ledgers/:ledger/actions/preview              ActionRequest -> ActionPreview
 *     POST   /ledgers/:ledger/actions                      ActionRequest -> ActionPreview
 *     GET    /ledgers/:ledger/audit?before=&limit=         AuditPage
 *     GET    /ledgers/:ledger/holds                        Hold[]
 *     POST   /ledgers/:ledger/holds                        { destination, why }
 *     POST   /ledgers/:ledger/holds/release                { destination, why, perSecond? } -> { documents }
 *     GET    /ledgers/:ledger/tables                       TableSummary[]
 *     GET    /ledgers/:ledger/tables/:table                TableDetail
 *     PUT    /ledgers/:ledger/tables/:table/draft          { content, revision } -> RouteTableDraft; 409 with the other draft
 *     DELETE /ledgers/:ledger/tables/:table/draft          { revision }
 *     POST   /ledgers/:ledger/tables/:table/check          { content } -> TableProblem[]
 *     POST   /ledgers/:ledger/tables/:table/dry-run        DryRunRequest -> DryRunReport
 *     POST   /ledgers/:ledger/tables/:table/activate       { content, expectedVersion, note } -> RouteTableVersion; 409, 422 with problems
 *     GET    /ledgers/:ledger/tables/:table/versions?before=&limit=   RouteTableVersion[]
 */
export interface Session {
  /** Name of the signed-in user; absent when Node-RED has no adminAuth. */
  user?: string;
  canWrite: boolean;
  /** Version of this package. */
  version: string;
  ledgers: { id: string; name: string }[];
}

export interface ApiError {
  code: string;
  message: string;
  /** With 422: what is wrong with the table. */
  problems?: TableProblem[];
  /** With 409: what somebody else saved meanwhile. */
  draft?: RouteTableDraft;
  version?: RouteTableVersion;
}

export type ConsoleFigures = Figures & { holds: Hold[] };
export type DocumentsReply = DocumentPage;

/** Without `run` when nobody asked Exstream for it. */
export interface RunAssetsReply {
  run?: RunAssets;
}

export interface ActionRequest {
  action: ActionName;
  selection: Selection;
  /** Needed to carry it out, not for the preview. */
  why?: string;
}
export type ActionReply = ActionPreview;

export interface AuditPage {
  entries: AuditEntry[];
  /** Sequence number of the first entry that breaks the chain; absent when it holds. */
  brokenAt?: number;
}

export interface TableSummary {
  table: string;
  /** Label of its route-table node; absent when no such node is deployed. */
  name?: string;
  activeVersion?: number;
  activatedAt?: number;
  author?: string;
  hasDraft: boolean;
  /** The version the routers use; lower than `activeVersion` when that one is not usable. */
  inForce?: number;
  /** Why the active version is not in force, or what is wrong with it. */
  problems: TableProblem[];
}

export interface TableDetail extends TableSummary {
  active?: RouteTableVersion;
  draft?: RouteTableDraft;
  destinations: OfferedDestination[];
}

/** The newest `last` documents, or those of a period. */
export interface DryRunRequest {
  content: RouteTable;
  last?: number;
  from?: number;
  until?: number;
}
