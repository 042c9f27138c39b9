import { DocbridgeError } from "../../../errors";
import type { DestinationFigures, Figures, ThroughputPoint } from "../../console";
import type { Reading } from "../operations";
import { counts } from "../queries";
import { OPEN_BATCH } from "./batches";

/** Points of a throughput, at most. */
const MAX_STEPS = 10_000;
const MINUTE_MS = 60_000;

export function figures(reading: Reading): Figures {
  const { db, now } = reading;
  return {
    at: now,
    ...counts(reading),
    oldestWaitingAt: oldestWaiting(reading),
    destinations: destinations(reading),
    openBatches: db.one(`SELECT count(*) AS n FROM batches WHERE ${OPEN_BATCH}`)?.n as number,
  };
}

/** In the order of arrival only documents that are in the flow stand before the first that waits. */
function oldestWaiting({ db }: Reading): number | undefined {
  const oldest = ["received", "routed", "archiving", "archived", "parked"].flatMap((state) => {
    const row = db.one(
      "SELECT created_at FROM documents INDEXED BY documents_state WHERE state = ? AND lease_session IS NULL ORDER BY seq LIMIT 1",
      state,
    );
    return row ? [row.created_at as number] : [];
  });
  return oldest.length > 0 ? Math.min(...oldest) : undefined;
}

function destinations({ db }: Reading): DestinationFigures[] {
  return db.all("SELECT target, backlog, receipts FROM target_counts ORDER BY target").map((row): DestinationFigures => {
    const target = row.target as string;
    const inFlight = db.one(
      `SELECT count(*) AS n FROM documents d INDEXED BY documents_leased WHERE lease_session IS NOT NULL
         AND EXISTS (SELECT 1 FROM owed WHERE target = ? AND seq = d.seq)`,
      target,
    );
    const oldest = db.one(
      "SELECT created_at FROM documents WHERE seq = (SELECT seq FROM owed WHERE target = ? ORDER BY seq LIMIT 1)",
      target,
    );
    return {
      name: target,
      backlog: row.backlog as number,
      inFlight: inFlight?.n as number,
      receipts: row.receipts as number,
      oldestAt: oldest?.created_at as number | undefined,
    };
  });
}

export function throughput({ db }: Reading, from: number, until: number, stepMinutes: number): ThroughputPoint[] {
  const step = Math.max(1, Math.round(stepMinutes));
  const stepMs = step * MINUTE_MS;
  const first = Math.floor(from / stepMs);
  const steps = Math.max(0, Math.ceil(until / stepMs) - first);
  if (!(steps <= MAX_STEPS)) {
    throw new DocbridgeError("invalid-message", {
      message: `A throughput has at most ${MAX_STEPS} steps. Ask for a shorter period or for longer steps.`,
      subject: "stepMinutes",
    });
  }
  const points = Array.from(
    { length: steps },
    (_, place): ThroughputPoint => ({ at: (first + place) * stepMs, received: 0, closed: 0, quarantined: 0 }),
  );
  const rows = db.all(
    `SELECT CAST(minute / ? AS INTEGER) - ? AS place, sum(received) AS received, sum(closed) AS closed, sum(quarantined) AS quarantined FROM minutes
       WHERE minute >= ? AND minute < ? GROUP BY place`,
    step,
    first,
    first * step,
    (first + steps) * step,
  );
  for (const { place, ...counted } of rows) Object.assign(points[place as number] as ThroughputPoint, counted);
  return points;
}
