/** The console's API in typed calls (`../api-types.ts` says what each gives). All throw `ApiFailure`. */
import type { BatchSummary, DocumentDetail, DocumentFilter, FailureGroup, OrphanPage, ThroughputPoint } from "../../core/ledger/console";
import type { Hold, RouteTableDraft, RouteTableVersion } from "../../core/ledger/routing";
import type { DryRunReport } from "../../core/routing/report";
import type { RouteTable, TableProblem } from "../../core/routing/table";
import type {
  ActionReply,
  ActionRequest,
  ApiError,
  AuditPage,
  DocumentsReply,
  DryRunRequest,
  RunAssetsReply,
  Session,
  TableDetail,
  TableSummary,
} from "../api-types";
import { accessToken } from "./auth.ts";
import { refused } from "./refused.ts";

const SESSION = "session";
const apiRoot = new URL("../api/", location.href);

/** What the API, or the way to it, answered instead. `status` is 0 when nothing answered. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly reply: ApiError;

  constructor(status: number, reply: ApiError) {
    super(reply.message);
    this.status = status;
    this.reply = reply;
  }
}

export function apiUrl(path: string): URL {
  return new URL(path, apiRoot);
}

export function authorization(): Record<string, string> {
  const token = accessToken();
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { ...authorization() };
  if (method !== "GET") Object.assign(headers, { "Content-Type": "application/json", "X-Docbridge": "console" });
  const init: RequestInit = { method, headers, cache: "no-store" };
  if (method !== "GET") init.body = JSON.stringify(body ?? {});
  if (signal) init.signal = signal;
  const reply = await fetch(apiUrl(path), init).catch((thrown: Error) => {
    if (thrown.name === "AbortError") throw thrown;
    throw new ApiFailure(0, { code: "unreachable", message: thrown.message });
  });
  if (reply.ok) return reply;
  if (reply.status === 401 && path !== SESSION) refused.dispatchEvent(new Event("refused"));
  const told = (await reply.json().catch(() => undefined)) as ApiError | undefined;
  throw new ApiFailure(reply.status, told?.code ? told : { code: `http-${reply.status}`, message: reply.statusText });
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send("GET", path, undefined, signal)).json();
}

async function change<T>(method: string, path: string, body: unknown): Promise<T> {
  const text = await (await send(method, path, body)).text();
  return text === "" ? (undefined as T) : JSON.parse(text);
}

function search(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

const at = (ledger: string, rest: string) => `ledgers/${encodeURIComponent(ledger)}/${rest}`;
const ofTable = (ledger: string, table: string, rest: string) => at(ledger, `tables/${encodeURIComponent(table)}${rest}`);

export const api = {
  session: (signal?: AbortSignal) => get<Session>(SESSION, signal),
  streamPath: (ledger: string) => at(ledger, "stream"),
  throughput: (ledger: string, hours: number, signal?: AbortSignal) =>
    get<ThroughputPoint[]>(at(ledger, `throughput?${search({ hours })}`), signal),
  batches: (ledger: string, limit: number, signal?: AbortSignal) => get<BatchSummary[]>(at(ledger, `batches?${search({ limit })}`), signal),
  runAssets: (ledger: string, batch: string, signal?: AbortSignal) =>
    get<RunAssetsReply>(at(ledger, `batches/${encodeURIComponent(batch)}/assets`), signal),
  failures: (ledger: string, signal?: AbortSignal) => get<FailureGroup[]>(at(ledger, "failures"), signal),
  orphans: (ledger: string, page: { after?: string; limit: number }, signal?: AbortSignal) =>
    get<OrphanPage>(at(ledger, `orphans?${search(page)}`), signal),
  documents(ledger: string, { states, ...filter }: DocumentFilter, page: { after?: string; limit: number }, signal?: AbortSignal) {
    return get<DocumentsReply>(at(ledger, `documents?${search({ state: states?.join(","), ...filter, ...page })}`), signal);
  },
  document: (ledger: string, id: string, signal?: AbortSignal) =>
    get<DocumentDetail>(at(ledger, `documents/${encodeURIComponent(id)}`), signal),
  async content(ledger: string, id: string, signal?: AbortSignal): Promise<Blob> {
    return (await send("GET", at(ledger, `documents/${encodeURIComponent(id)}/content`), undefined, signal)).blob();
  },
  preview: (ledger: string, request: ActionRequest) => change<ActionReply>("POST", at(ledger, "actions/preview"), request),
  act: (ledger: string, request: ActionRequest) => change<ActionReply>("POST", at(ledger, "actions"), request),
  audit: (ledger: string, page: { before?: number; limit: number }, signal?: AbortSignal) =>
    get<AuditPage>(at(ledger, `audit?${search(page)}`), signal),

  holds: (ledger: string, signal?: AbortSignal) => get<Hold[]>(at(ledger, "holds"), signal),
  hold: (ledger: string, order: { destination: string; why: string }) => change<void>("POST", at(ledger, "holds"), order),
  releaseHold: (ledger: string, order: { destination: string; why: string; perSecond?: number }) =>
    change<{ documents: number }>("POST", at(ledger, "holds/release"), order),

  tables: (ledger: string, signal?: AbortSignal) => get<TableSummary[]>(at(ledger, "tables"), signal),
  table: (ledger: string, table: string, signal?: AbortSignal) => get<TableDetail>(ofTable(ledger, table, ""), signal),
  saveDraft: (ledger: string, table: string, draft: { content: RouteTable; revision: number }) =>
    change<RouteTableDraft>("PUT", ofTable(ledger, table, "/draft"), draft),
  discardDraft: (ledger: string, table: string, revision: number) => change<void>("DELETE", ofTable(ledger, table, "/draft"), { revision }),
  check: (ledger: string, table: string, content: RouteTable) =>
    change<TableProblem[]>("POST", ofTable(ledger, table, "/check"), { content }),
  dryRun: (ledger: string, table: string, request: DryRunRequest) =>
    change<DryRunReport>("POST", ofTable(ledger, table, "/dry-run"), request),
  activate: (ledger: string, table: string, order: { content: RouteTable; expectedVersion: number; note: string }) =>
    change<RouteTableVersion>("POST", ofTable(ledger, table, "/activate"), order),
  versions: (ledger: string, table: string, page: { before?: number; limit: number }, signal?: AbortSignal) =>
    get<RouteTableVersion[]>(ofTable(ledger, table, `/versions?${search(page)}`), signal),
};
