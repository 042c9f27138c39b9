import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { CmsClient } from "../../clients/cms/cms";
import { noObject, onlyOne } from "../../runtime/business-key";
import { Explanations } from "../../runtime/cms-definitions";
import type { CssTenantNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { inBackground, onClose, onInput, type Send } from "../../runtime/input";
import type { LedgerNode } from "../../runtime/ledger-service";
import { configNode, heldNode } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import { certified } from "./certified";
import { type Config, readSettings, type Settings, Wish } from "./config";
import { Mirror } from "./mirror";
import { neededDefinitions } from "./needed";
import { Recall } from "./recall";
import { registerLifecycleRoutes } from "./routes";
import { LifecycleWork, type Outcome } from "./work";

/** Flow node: retention, legal holds, storage tier and deletion of objects in CMS; gives their state as `msg.lifecycle`. */
export = function register(RED: NodeAPI): void {
  registerLifecycleRoutes(RED);

  function CssLifecycle(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const cut = new AbortController();
    const settings = readSettings(RED, this, config);
    const tenant = heldNode<CssTenantNode>(RED, config.tenant, "tenant");
    const explanations = new Explanations(
      () => tenant().cms(),
      neededDefinitions({ ...settings, ...(settings.key ? { findAttribute: settings.key.attribute } : {}) }),
    );
    const mirror = new Mirror(RED, this, config.ledger);
    const recall = new Recall(RED, this, { config, settings, tenant, explanations, status, signal: cut.signal });
    status.show("idle", "ready");
    // What was promised before a restart.
    if (settings.operation === "recall") inBackground(this, status.showing(recall.open()));

    const recalled = async (message: NodeMessage, send: Send) => {
      const { restored } = message as { restored?: unknown };
      if (typeof restored === "string") return recall.wake(restored);
      const wish = new Wish(RED, this, config, message);
      await recall.handle(message, async () => objectId(await tenant().cms(), settings, wish, cut.signal), send);
    };

    const dispositions = async () => {
      const { ledger } = await configNode<LedgerNode>(RED, config.ledger, "ledger").stores();
      return { bookmarks: ledger.bookmarks, owner: `disposition/${config.tenant}` };
    };

    const handle = async (message: NodeMessage): Promise<Outcome> => {
      const cms = await tenant().cms();
      const wish = new Wish(RED, this, config, message);
      const id = await objectId(cms, settings, wish, cut.signal);
      const work = new LifecycleWork(cms, dispositions, settings, wish, cut.signal);
      try {
        const outcome = await explanations.explained(() => work.carryOut(id));
        await mirror.outcome(message, outcome);
        return outcome;
      } catch (thrown) {
        // So that a Catch node, and the ledger, see what forbade it.
        const lifecycle = await work.status(id).catch(() => undefined);
        Object.assign(message, { lifecycle });
        if (lifecycle) await mirror.refusal(message, lifecycle, settings.operation, thrown);
        throw thrown;
      }
    };

    onInput(this, async (message, send) => {
      status.show("busy", "working", { count: 1 });
      if (settings.operation === "recall") {
        await status.showing(recalled(message, send));
        return;
      }
      const outcome = await status.showing(tenant().lend(handle(message)));
      showOutcome(status, outcome);
      send(outcome.certificate ? certified(message, outcome.certificate) : Object.assign(message, outcome));
    });
    onClose(this, async () => {
      cut.abort();
      await recall.stop();
      status.clear();
    });
  }

  RED.nodes.registerType("css-lifecycle", CssLifecycle);
};

/** The object that a message is about. Throws `not-found`, `ambiguous-key` and what templates throw. */
async function objectId(cms: CmsClient, { cmsType, key }: Settings, wish: Wish, signal: AbortSignal): Promise<string> {
  if (!key) return wish.needed("objectId");
  const found = await cms.findByAttribute("file", cmsType, key.attribute, wish.needed("findValue"), { signal });
  const object = onlyOne(found, key, ({ id }) => id);
  if (object) return object.id;
  throw noObject(key);
}

function showOutcome(status: StatusLine, { lifecycle, certificate }: Outcome): void {
  if (certificate || lifecycle?.deleted) status.show("ok", "deleted");
  else if (lifecycle?.held) status.show("ok", "onHold", { count: lifecycle.holds.length });
  else status.show("ok", lifecycle?.retained ? "underRetention" : "deletable");
}
