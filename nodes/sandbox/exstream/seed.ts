/**
 * What the stand-in knows from the start: one domain, one service and two approved communications. The ids are fixed,
 * so examples and tests can name them.
 */

/** A communication as the design service keeps it (wire/exstream.md 10.1, type `exstrapplication`). */
export interface Communication {
  id: string;
  name: string;
  version: number;
  state: "APPROVED";
  /** Id of the set that carries the data sources (wire/exstream.md 10.5). */
  setId: string;
  /** `prodDsn` of the driver data source. */
  driverDataSource: string;
}

export const DOMAIN = "demo";
export const SERVICE = "statements";

export const COMMUNICATION: Communication = {
  id: "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c01",
  name: "Account Statement",
  version: 3,
  state: "APPROVED",
  setId: "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c02",
  driverDataSource: "StatementDriver",
};

/** A communication whose output is a document for the interactive editor (wire/exstream.md 4.1, 4.3). */
export const INTERACTIVE: Communication = {
  id: "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c09",
  name: "Interactive Letter",
  version: 1,
  state: "APPROVED",
  setId: "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c0a",
  driverDataSource: "LetterDriver",
};

/** Flow model behind the service and the snapshots of it that a job ran with. */
export const FLOW_MODEL_ID = "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c03";
export const FLOW_MODEL_SNAPSHOT_ID = "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c04";
export const FLOW_CONTEXT_SNAPSHOT_ID = "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c05";

/** Which services a domain offers; undefined for a domain that does not exist. */
export function servicesOf(domain: string): string[] | undefined {
  return domain === DOMAIN ? [SERVICE] : undefined;
}

/** What a connection to this stand-in has to name. */
export interface ExstreamDescription {
  baseUrl: string;
  domain: string;
  service: string;
  communicationId: string;
  driverDataSource: string;
  /** Of the engine as a SOAP service (EWS). */
  engineUrl: string;
}

/** Describes the stand-in at `origin` (for example `http://127.0.0.1:1234`) for whoever configures a connection to it. */
export function exstreamDescription(origin: string): ExstreamDescription {
  return {
    baseUrl: origin,
    domain: DOMAIN,
    service: SERVICE,
    communicationId: COMMUNICATION.id,
    driverDataSource: COMMUNICATION.driverDataSource,
    engineUrl: `${origin}/EngineService/EngineService`,
  };
}
