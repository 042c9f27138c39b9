import { demoWorld } from "./demo-world";
import { exstreamDescription } from "./exstream/seed";

/** Everything a client needs to know to talk to a running sandbox; plain strings. */
export interface SandboxDescription {
  origin: string;
  otds: {
    tokenUrl: string;
    ticketUrl: string;
    tenant: string;
    clientId: string;
    clientSecret: string;
    user: string;
    password: string;
  };
  documentum: { contextUrl: string; repository: string; user: string; password: string };
  css: { baseUrl: string; tenant: string };
  cms: { baseUrl: string };
  exstream: {
    baseUrl: string;
    domain: string;
    service: string;
    communicationId: string;
    driverDataSource: string;
    engineUrl: string;
    /** Root of the service gateway. */
    gatewayUrl: string;
  };
  control: { url: string };
}

/** Describes the sandbox at `origin`, for example `http://127.0.0.1:9700`. */
export function describeSandbox(origin: string): SandboxDescription {
  const { tenant, client, documentum } = demoWorld;
  const [user, admin] = demoWorld.users;
  return {
    origin,
    otds: {
      tokenUrl: `${origin}/tenants/${tenant}/oauth2/token`,
      ticketUrl: `${origin}/otdstenant/${tenant}/otdsws/rest/authentication/credentials`,
      tenant,
      clientId: client.id,
      clientSecret: client.secret,
      user: user.name,
      password: user.password,
    },
    documentum: {
      contextUrl: `${origin}${documentum.contextPath}`,
      repository: documentum.repository,
      user: admin.name,
      password: admin.password,
    },
    css: { baseUrl: `${origin}/css`, tenant },
    cms: { baseUrl: `${origin}/cms` },
    exstream: { ...exstreamDescription(origin), gatewayUrl: `${origin}/${tenant}/sgw` },
    control: { url: `${origin}/sandbox` },
  };
}
