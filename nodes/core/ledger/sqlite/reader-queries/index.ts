import { runAssets } from "../run-assets";
import { audit, brokenAudit } from "./audit";
import { batches } from "./batches";
import { detail } from "./detail";
import { documents, recent } from "./documents";
import { failures } from "./failures";
import { figures, throughput } from "./figures";
import { orphans } from "./orphans";
import { slice } from "./slice";

/** What the reading thread can be asked for. Each runs on one state of the ledger. */
export const readings = {
  audit,
  batches,
  brokenAudit,
  detail,
  documents,
  failures,
  figures,
  orphans,
  recent,
  runAssets,
  slice,
  throughput,
};

export type ReadingName = keyof typeof readings;
