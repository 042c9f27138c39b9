/** What the views of route tables and holds are tried on: users, a flow with a router, and its first tables. */
import bcrypt from "bcryptjs";
import type { RouteRule, RouteTable } from "../../dist/core/routing/table.js";
import { LEDGER } from "../console/rig.ts";
import { type FlowNode, node, row } from "../nodes/flows.ts";

export const PASSWORD = "a-password";
export const TABLE = "letters";

/** `anna` and `bert` operate, `rita` may look. */
export const signIns = {
  adminAuth: {
    type: "credentials",
    users: Object.entries({
      anna: ["docbridge.read", "docbridge.write"],
      bert: ["docbridge.read", "docbridge.write"],
      rita: ["docbridge.read"],
    }).map(([username, permissions]) => ({ username, permissions, password: bcrypt.hashSync(PASSWORD, 4) })),
  },
};

/** Documents of `/in` go to an archive, or only past: what is no archive owes no receipt. */
export function routedFlow(): FlowNode[] {
  const destinations = [
    { name: "archive", label: "Archive", targets: "documentum", way: "output" },
    { name: "print", label: "Print centre", targets: "", way: "output" },
    { name: "portal", label: "Customer portal", targets: "", way: "output" },
  ];
  return [
    { id: "tab", type: "tab", label: "Test" },
    node("document-ledger", LEDGER, { name: "Main", directory: "", backoffSeconds: "0.05" }),
    node("documentum-repository", "documentum", { sandbox: true }),
    node("route-table", "table", { ledger: LEDGER, table: TABLE, name: "Letters" }),
    node("exstream-trigger", "trigger", {
      ledger: LEDGER,
      server: "",
      path: "/in",
      secretMode: "none",
      doneWhen: "route",
      destinations: "",
      wires: [["router"]],
    }),
    node("document-router", "router", { table: "table", destinations, links: [], outputs: 3, wires: [["mapper"], [], []] }),
    node("metadata-mapper", "mapper", {
      destination: "documentum",
      target: "documentum",
      repository: "documentum",
      rows: [row("customer_number", "property", "source.customerNumber"), row("job_id", "property", "source.jobId")],
      wires: [["archive"]],
    }),
    node("documentum-archive", "archive", {
      repository: "documentum",
      ledger: "",
      destination: "documentum",
      folderPath: "/Statements/{{source.jobId}}",
      wires: [[]],
    }),
  ];
}

export function rule(id: string, name: string, more: Partial<RouteRule> = {}): RouteRule {
  return { id, name, enabled: true, match: "all", conditions: [], destinations: ["archive"], settings: {}, ...more };
}

/** Test jobs go nowhere but to the portal, key accounts get paper, all else is archived. */
export const firstTable: RouteTable = {
  mode: "first",
  rules: [
    rule("r-test", "Test jobs", { conditions: [{ path: "source.jobId", op: "equals", value: "TEST" }], destinations: ["portal"] }),
    rule("r-key", "Key accounts", {
      conditions: [{ path: "source.customerNumber", op: "in", values: ["1001", "1002", "1003"] }],
      destinations: ["print", "portal"],
      settings: { priority: 5 },
    }),
    rule("r-portal", "Portal users", {
      conditions: [{ path: "source.queueName", op: "equals", value: "PORTAL" }],
      destinations: ["portal"],
    }),
  ],
  default: ["archive"],
};
