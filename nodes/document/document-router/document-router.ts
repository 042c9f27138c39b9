import type { Node, NodeAPI, NodeDef } from "node-red";
import type { DocbridgeDocument, DocumentRoute } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { RoutedEntry } from "../../core/ledger/routing";
import { routingView } from "../../core/routing/view";
import type { RouteTableNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { boundedExpressions } from "../../runtime/expressions";
import { failDocument } from "../../runtime/fail-document";
import { inBackground, onClose, onInput } from "../../runtime/input";
import type { Stores } from "../../runtime/ledger-service";
import { requireDocumentOf } from "../../runtime/message";
import { offerDestinations } from "../../runtime/routing-registry";
import { configNode } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import { type Destination, destinationsOf, reachable, type StoredDestination, sendTo } from "./destinations";
import { TableInForce } from "./table-in-force";

interface Config extends NodeDef {
  /** The route-table node. */
  table: string;
  destinations: StoredDestination[];
  /** Ids of the link in nodes, in the order of the destinations that go to one. */
  links: string[];
  /** How many destinations have an output of their own. */
  outputs: number;
}

/** Flow node: sends each document to the destinations that the newest version of a route table names. */
export = function register(RED: NodeAPI): void {
  function DocumentRouter(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const destinations = destinationsOf(RED, this, config.destinations, config.links);
    let table: TableInForce | undefined;
    let retract = () => {};
    let routed = 0;
    let closing = false;

    const start = async (): Promise<void> => {
      status.show("connecting", "connecting");
      if (destinations.length === 0) {
        throw new DocbridgeError("configuration", {
          message: "The router has no destination. Open its dialog and add one.",
          subject: "destinations",
        });
      }
      const tableNode = configNode<RouteTableNode>(RED, config.table, "table");
      const ledgerNode = tableNode.ledgerNode();
      const { ledger } = await ledgerNode.stores();
      if (closing) return;
      const started = new TableInForce(ledger.routing, {
        table: tableNode.table,
        destinations: destinations.map(({ name }) => name),
        prepare: boundedExpressions(RED, this),
        changed: () => tell(started),
        report: (error) => inBackground(this, status.showing(Promise.reject(error))),
      });
      table = started;
      const offered = destinations.map(({ way, ...destination }) => destination);
      const place = { ledger: ledgerNode.id, table: tableNode.table };
      retract = offerDestinations(place, { router: this.id, destinations: offered, state: () => started.state });
    };

    /** A version that cannot be used is told once; the status shows it for as long as that lasts. */
    const tell = ({ state: { inForce, problems } }: TableInForce) => {
      const errors = problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
      if (errors.length > 0) {
        const instead = inForce === undefined ? "Documents wait for one that is." : `Version ${inForce} stays in force.`;
        this.warn(`The newest version of the route table is not usable in this router. ${instead} ${errors.join(" ")}`);
      }
      show();
    };

    const show = () => {
      if (!table) return;
      const { inForce: version, rules, problems } = table.state;
      const code = problems.find(({ severity }) => severity === "error")?.code;
      if (version === undefined) status.show("error", "noTable");
      else if (code) status.show("retry", "tableKept", { version, code });
      else if (routed === 0) status.show("ok", "tableRead", { version, count: rules });
      else status.show("ok", "routed", { version, count: routed });
    };

    const started = start();
    inBackground(this, status.showing(started));

    /** What the table says of a document; one that was routed before brings its route along, and is not looked at again. */
    const decide = async (document: DocbridgeDocument): Promise<RoutedEntry> => {
      const { id, fence, key, route: kept, targets } = document;
      if (kept) return { id, fence, route: kept, targets, hold: false, errors: [] };
      await started;
      const usable = await table?.current();
      if (!usable) {
        throw new DocbridgeError("configuration", {
          message:
            "No version of the route table is usable in this router. Activate one in the operator console that names only the router's destinations.",
          subject: "table",
        });
      }
      const decision = await usable.route(routingView(document), key, Date.now());
      const { retentionClass, priority, hold } = decision.settings;
      const route: DocumentRoute = {
        table: usable.table,
        version: usable.version,
        rule: decision.rules.join(",") || "default",
        destinations: decision.destinations,
        ...(retentionClass === undefined ? {} : { retentionClass }),
        ...(priority === undefined ? {} : { priority }),
      };
      const owed = reachable(RED, destinations, route).flatMap((destination) => destination.targets);
      return { id, fence, route, targets: [...new Set(owed)], hold: hold === true, errors: decision.errors };
    };

    /** Where the document goes now, with its route in the message; undefined when it goes nowhere. */
    const route = async (document: DocbridgeDocument, { ledger }: Stores): Promise<Destination[] | undefined> => {
      const result = await ledger.routing.routed(await decide(document));
      if (result.outcome === "held") status.show("idle", "held", { code: result.destination });
      if (result.outcome !== "routed") return undefined;
      document.route = result.route;
      document.targets = result.targets;
      const ways = reachable(RED, destinations, result.route);
      if (!closing) return ways;
      // What a closed node sends may reach nobody.
      await ledger.release(document.id, document.fence, 0);
      return undefined;
    };

    onInput(this, async (message, send) => {
      const { document, stores, ledgerNode } = await status.showing(requireDocumentOf(RED, message));
      Object.assign(message, { document });
      let ways: Destination[] | undefined;
      try {
        ways = await ledgerNode.lend(route(document, stores));
      } catch (thrown) {
        await failDocument(document, { stores, ledgerNode, status }, thrown);
      }
      if (!ways) return;
      routed += 1;
      show();
      const { id, fence, targets } = document;
      sendTo(RED, ways, message, send);
      if (targets.length === 0) await ledgerNode.lend(stores.ledger.emitted(id, fence));
    });

    onClose(this, async () => {
      closing = true;
      retract();
      table?.stop();
      status.clear();
    });
  }

  RED.nodes.registerType("document-router", DocumentRouter);
};
