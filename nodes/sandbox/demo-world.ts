/**
 * Who and what exists in the sandbox. These are not secrets: the sandbox itself prints them, and they open nothing but
 * loopback stand-ins with made-up data.
 */
export const demoWorld = {
  tenant: "demo",
  /** OTDS partition of the users: `demo@demo`. */
  partition: "demo",
  client: { id: "docbridge", secret: "docbridge-secret" },
  users: [
    { name: "demo", password: "demo-password", firstName: "Dana", lastName: "Demo", groups: ["integrators"] },
    { name: "dmadmin", password: "demo-password", firstName: "Ada", lastName: "Admin", groups: ["integrators", "administrators"] },
  ],
  documentum: { contextPath: "/dctm-rest", repository: "demo" },
} as const;
