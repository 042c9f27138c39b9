import type { NodeDef } from "node-red";
import type { AdmissionConfig } from "../../runtime/admission-rules";

/** What the dialog stores. Numbers are text; what is optional is absent in flows of version 0.1.0, which only knew batches. */
export interface Config extends NodeDef, AdmissionConfig {
  server: string;
  operation?: "batch" | "ondemand";
  /** The last part of the address of a batch input or of an own on-demand service. */
  service: string;
  /** Of an on-demand call: the built-in service `generate`, or an own one. */
  compose?: "generate" | "service";
  /** Typed inputs. */
  communicationId?: string;
  communicationIdType?: string;
  driverDataSource?: string;
  driverDataSourceType?: string;
  /** Account that imports interactive documents into Empower. */
  empowerUser?: string;
  dataFrom?: "value" | "template";
  /** Where the driver data is: a typed input. */
  data: string;
  dataType: string;
  /** Mustache over the message. */
  template?: string;
  externalId: string;
  externalIdType: string;
  /** Media type of the one output that is wanted as bytes; empty: all outputs in an envelope. */
  accept?: string;
  ledger?: string;
  parallel?: string;
  maxMegabytes?: string;
  maxInFlight?: string;
  flowTimeoutSeconds?: string;
}
