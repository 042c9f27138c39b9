/** One flow with all config nodes, the connections in the built-in sandbox. */
export const flow = "flow";

export const configNodes = {
  "document-ledger": "ledger",
  "exstream-server": "exstream",
  "documentum-repository": "documentum",
  "css-tenant": "css",
  "route-table": "table",
} as const;

export const flowNodes = [
  "exstream-trigger",
  "exstream-compose",
  "exstream-publish",
  "metadata-mapper",
  "document-router",
  "document-variants",
  "documentum-archive",
  "documentum-find",
  "css-store",
  "css-lifecycle",
  "asset-fetch",
] as const;

const connection = {
  name: "",
  version: 1,
  sandbox: true,
  tokenUrl: "",
  grant: "client_credentials",
  scope: "",
  bodyFormat: "form",
  clientAuth: "body",
  tls: "",
  proxy: "",
  timeoutSeconds: "60",
};

export function sandboxFlows(): Record<string, unknown>[] {
  return [
    { id: flow, type: "tab", label: "Flow", disabled: false, info: "" },
    {
      id: "ledger",
      type: "document-ledger",
      name: "",
      version: 1,
      directory: "",
      spoolGb: "20",
      graceHours: "24",
      leaseSeconds: "15",
      maxAttempts: "12",
      backoffSeconds: "1",
      backoffMaxSeconds: "300",
      metrics: false,
    },
    {
      id: "exstream",
      type: "exstream-server",
      ...connection,
      baseUrl: "",
      domain: "",
      prefix: "/orchestration",
      auth: "oauth2",
      engineUrl: "",
      gatewayUrl: "",
      gatewayTicketUrl: "",
      gatewayTicketHeader: "OTDSTicket",
      engineAuth: "none",
    },
    {
      id: "documentum",
      type: "documentum-repository",
      ...connection,
      contextUrl: "",
      repository: "",
      mediaUrlPolicy: "local",
      createCabinets: false,
      parallel: "8",
      ratePerSecond: "",
      auth: "basic",
      ticketUrl: "",
      ticketHeader: "OTDS_TICKET",
    },
    {
      id: "css",
      type: "css-tenant",
      ...connection,
      apiVersion: "v2",
      cssUrl: "",
      cmsUrl: "",
      tenant: "",
      avsScan: true,
      parallel: "8",
      ratePerSecond: "5",
      auth: "oauth2",
    },
    { id: "table", type: "route-table", name: "", version: 1, ledger: "ledger", table: "routes" },
  ];
}
