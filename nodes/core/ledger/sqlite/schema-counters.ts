import type { Database } from "./database";

/**
 * Figures that would take a look at every document are counted as things happen, by triggers: in the same commit, and
 * whoever writes. `owed` has a row for each receipt an open document waits for.
 */
export function addCounters(db: Database): void {
  db.exec(TABLES);
  db.exec(FILL);
  db.exec(TRIGGERS);
}

const ENDED = "('closed', 'quarantined', 'conflict', 'rejected')";

const TABLES = `
CREATE TABLE state_counts (state TEXT PRIMARY KEY, documents INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;

CREATE TABLE batch_counts (
  batch_id TEXT NOT NULL, state TEXT NOT NULL, documents INTEGER NOT NULL, PRIMARY KEY (batch_id, state)
) WITHOUT ROWID;
ALTER TABLE batches ADD COLUMN documents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
-- A batch of unknown size is open while something of it is on its way.
CREATE INDEX batches_open ON batches (opened_at) WHERE closed_at IS NULL AND (expected IS NOT NULL OR ended < documents);
CREATE INDEX batches_opened ON batches (opened_at);

-- The documents received in a minute lie between the two seqs: that is how a search by date finds its beginning.
CREATE TABLE minutes (
  minute INTEGER PRIMARY KEY, received INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0,
  quarantined INTEGER NOT NULL DEFAULT 0, first_seq INTEGER, last_seq INTEGER
);

CREATE TABLE target_counts (
  target TEXT PRIMARY KEY, backlog INTEGER NOT NULL DEFAULT 0, receipts INTEGER NOT NULL DEFAULT 0, orphans INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE owed (target TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (target, seq)) WITHOUT ROWID;

-- since: when the first of those came that wait now.
CREATE TABLE held_counts (destination TEXT PRIMARY KEY, documents INTEGER NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
`;

/** Counts what a ledger of schema 1 holds; none of its documents is held. */
const FILL = `
INSERT INTO state_counts (state) VALUES ('received'), ('routed'), ('archiving'), ('archived'), ('closed'), ('parked'), ('held'),
  ('quarantined'), ('conflict'), ('rejected');
UPDATE state_counts SET documents = (SELECT count(*) FROM documents WHERE documents.state = state_counts.state);

INSERT INTO batch_counts SELECT batch_id, state, count(*) FROM documents WHERE batch_id IS NOT NULL GROUP BY batch_id, state;
UPDATE batches SET (documents, ended, updated_at) =
  (SELECT count(*), count(*) FILTER (WHERE state IN ${ENDED}), coalesce(max(updated_at), 0) FROM documents WHERE batch_id = batches.id);

INSERT INTO minutes (minute, received, first_seq, last_seq)
  SELECT created_at / 60000, count(*), min(seq), max(seq) FROM documents GROUP BY 1;
INSERT INTO minutes (minute, closed, quarantined)
  SELECT closed_at / 60000, count(*) FILTER (WHERE state = 'closed'), count(*) FILTER (WHERE state = 'quarantined') FROM documents
    WHERE state IN ('closed', 'quarantined') GROUP BY 1
  ON CONFLICT (minute) DO UPDATE SET closed = excluded.closed, quarantined = excluded.quarantined;

INSERT INTO target_counts (target, receipts, orphans) SELECT target, count(*), sum(orphans) FROM receipts GROUP BY target;
INSERT INTO owed SELECT DISTINCT value, seq FROM documents, json_each(targets)
  WHERE state NOT IN ${ENDED} AND NOT EXISTS (SELECT 1 FROM receipts WHERE document_id = documents.id AND target = value);
INSERT INTO target_counts (target, backlog) SELECT target, count(*) FROM owed WHERE true GROUP BY target
  ON CONFLICT (target) DO UPDATE SET backlog = excluded.backlog;
`;

const TRIGGERS = `
CREATE TRIGGER count_new_document AFTER INSERT ON documents BEGIN
  UPDATE state_counts SET documents = documents + 1 WHERE state = NEW.state;
  INSERT INTO minutes (minute, received, first_seq, last_seq) VALUES (NEW.created_at / 60000, 1, NEW.seq, NEW.seq)
    ON CONFLICT (minute) DO UPDATE SET received = received + 1,
      first_seq = min(coalesce(first_seq, NEW.seq), NEW.seq), last_seq = max(coalesce(last_seq, NEW.seq), NEW.seq);
  INSERT INTO owed SELECT value, NEW.seq FROM json_each(NEW.targets) WHERE NEW.state NOT IN ${ENDED} ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER count_new_in_batch AFTER INSERT ON documents WHEN NEW.batch_id IS NOT NULL BEGIN
  INSERT INTO batch_counts VALUES (NEW.batch_id, NEW.state, 1) ON CONFLICT DO UPDATE SET documents = documents + 1;
  UPDATE batches SET documents = documents + 1, updated_at = max(updated_at, NEW.updated_at) WHERE id = NEW.batch_id;
END;

CREATE TRIGGER count_state AFTER UPDATE OF state ON documents WHEN NEW.state <> OLD.state BEGIN
  UPDATE state_counts SET documents = documents - 1 WHERE state = OLD.state;
  UPDATE state_counts SET documents = documents + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER count_state_in_batch AFTER UPDATE OF state ON documents WHEN NEW.state <> OLD.state AND NEW.batch_id IS NOT NULL BEGIN
  UPDATE batch_counts SET documents = documents - 1 WHERE batch_id = NEW.batch_id AND state = OLD.state;
  INSERT INTO batch_counts VALUES (NEW.batch_id, NEW.state, 1) ON CONFLICT DO UPDATE SET documents = documents + 1;
  UPDATE batches SET ended = ended + (NEW.state IN ${ENDED}) - (OLD.state IN ${ENDED})
    WHERE id = NEW.batch_id AND (NEW.state IN ${ENDED}) <> (OLD.state IN ${ENDED});
END;
CREATE TRIGGER count_end AFTER UPDATE OF state ON documents
  WHEN NEW.state <> OLD.state AND NEW.state IN ('closed', 'quarantined') BEGIN
  INSERT INTO minutes (minute, closed, quarantined) VALUES (NEW.closed_at / 60000, NEW.state = 'closed', NEW.state = 'quarantined')
    ON CONFLICT (minute) DO UPDATE SET closed = closed + excluded.closed, quarantined = quarantined + excluded.quarantined;
END;
CREATE TRIGGER note_batch_update AFTER UPDATE OF updated_at ON documents
  WHEN NEW.batch_id IS NOT NULL AND NEW.updated_at > OLD.updated_at BEGIN
  UPDATE batches SET updated_at = NEW.updated_at WHERE id = NEW.batch_id AND updated_at < NEW.updated_at;
END;

CREATE TRIGGER count_held AFTER UPDATE OF held_by ON documents WHEN NEW.held_by IS NOT OLD.held_by BEGIN
  UPDATE held_counts SET documents = documents - 1 WHERE destination = OLD.held_by;
  INSERT INTO held_counts SELECT NEW.held_by, 1, CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE NEW.held_by IS NOT NULL
    ON CONFLICT DO UPDATE SET documents = documents + 1, since = CASE documents WHEN 0 THEN excluded.since ELSE since END;
END;

CREATE TRIGGER count_owed_anew AFTER UPDATE OF state, targets ON documents
  WHEN NEW.targets <> OLD.targets OR (NEW.state IN ${ENDED}) <> (OLD.state IN ${ENDED}) BEGIN
  DELETE FROM owed WHERE seq = OLD.seq AND target IN (SELECT target FROM target_counts);
  INSERT INTO owed SELECT value, NEW.seq FROM json_each(NEW.targets)
    WHERE NEW.state NOT IN ${ENDED} AND NOT EXISTS (SELECT 1 FROM receipts WHERE document_id = NEW.id AND target = value)
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER count_owed AFTER INSERT ON owed BEGIN
  INSERT INTO target_counts (target, backlog) VALUES (NEW.target, 1) ON CONFLICT DO UPDATE SET backlog = backlog + 1;
END;
CREATE TRIGGER count_owed_no_more AFTER DELETE ON owed BEGIN
  UPDATE target_counts SET backlog = backlog - 1 WHERE target = OLD.target;
END;
CREATE TRIGGER count_receipt AFTER INSERT ON receipts BEGIN
  INSERT INTO target_counts (target, receipts, orphans) VALUES (NEW.target, 1, NEW.orphans)
    ON CONFLICT DO UPDATE SET receipts = receipts + 1, orphans = orphans + NEW.orphans;
  DELETE FROM owed WHERE target = NEW.target AND seq = (SELECT seq FROM documents WHERE id = NEW.document_id);
END;
CREATE TRIGGER count_orphans AFTER UPDATE OF orphans ON receipts WHEN NEW.orphans <> OLD.orphans BEGIN
  UPDATE target_counts SET orphans = orphans + NEW.orphans - OLD.orphans WHERE target = NEW.target;
END;
`;
