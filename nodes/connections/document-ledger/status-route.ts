import type { NodeAPI } from "node-red";
import { asDocbridgeError } from "../../core/errors";
import type { LedgerNode } from "../../runtime/ledger-service";

/**
 * `GET docbridge/ledgers/:id` under the admin root: the figures of one ledger, for the demo, the console and
 * monitoring. Needs the permission `docbridge.read`.
 */
export function registerStatusRoute(RED: NodeAPI): void {
  RED.httpAdmin.get("/docbridge/ledgers/:id", RED.auth.needsPermission("docbridge.read"), async (req, res) => {
    const node = RED.nodes.getNode(req.params.id as string) as LedgerNode | null;
    if (!node?.stores) {
      res.status(404).json({ code: "not-found", message: "No deployed document-ledger node has this id." });
      return;
    }
    try {
      const { ledger, spool } = await node.stores();
      res.json({ ...(await ledger.counts()), spool: spool.usage() });
    } catch (thrown) {
      const error = asDocbridgeError(thrown);
      res.status(503).json({ code: error.code, message: error.message });
    }
  });
}
