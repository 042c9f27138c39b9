import type { DocumentRoute, DocumentState } from "../../../document";
import type { DocumentFilter, DocumentPage, DocumentRow, RoutingFacts } from "../../console";
import type { DocumentRecord } from "../../ledger";
import type { Row } from "../database";
import type { Reading } from "../operations";
import { search } from "./search";

/** Documents of a page, at most. */
const MAX_PAGE = 5000;

type Facts = Pick<DocumentRecord, "batch" | "source" | "content" | "metadata" | "variant">;

export function documents(reading: Reading, filter: DocumentFilter, limit: number, after?: string): DocumentPage {
  const { rows, next } = page(reading, filter, limit, after);
  return { documents: rows.map(toDocumentRow), next };
}

export function recent(
  reading: Reading,
  { limit, from, until, after }: { limit: number; from?: number; until?: number; after?: string },
): { documents: RoutingFacts[]; next?: string } {
  const { rows, next } = page(reading, { from, until }, limit, after);
  return { documents: rows.map(toRoutingFacts), next };
}

function page(reading: Reading, filter: DocumentFilter, limit: number, after?: string): { rows: Row[]; next?: string } {
  const { seqs, next } = search(reading, filter, Math.min(Math.max(1, limit), MAX_PAGE), after);
  return { rows: seqs.map((seq) => reading.db.one("SELECT * FROM documents WHERE seq = ?", seq) as Row), next };
}

function toDocumentRow(row: Row): DocumentRow {
  const { content, variant } = JSON.parse(row.facts as string) as Facts;
  return {
    id: row.id as string,
    key: row.key as string,
    state: row.state as DocumentState,
    customer: (row.customer as string | null) ?? undefined,
    job: (row.job as string | null) ?? undefined,
    batch: (row.batch_id as string | null) ?? undefined,
    fileName: content.fileName,
    mediaType: content.mediaType,
    size: content.size,
    variant: variant.role,
    targets: JSON.parse(row.targets as string) as string[],
    route: routeOf(row),
    heldBy: (row.held_by as string | null) ?? undefined,
    error: row.error_code ? { code: row.error_code as string, message: row.error_message as string } : undefined,
    attempt: row.attempt as number,
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number,
    closedAt: (row.closed_at as number | null) ?? undefined,
  };
}

function toRoutingFacts(row: Row): RoutingFacts {
  const { batch, source, content, metadata, variant } = JSON.parse(row.facts as string) as Facts;
  return {
    id: row.id as string,
    key: row.key as string,
    businessKey: (row.business_key as string | null) ?? undefined,
    batch,
    source,
    content,
    metadata,
    variant,
    route: routeOf(row),
    createdAt: row.created_at as number,
  };
}

function routeOf(row: Row): DocumentRoute | undefined {
  return row.route ? (JSON.parse(row.route as string) as DocumentRoute) : undefined;
}
