import type { Exchange } from "../../kernel/exchange";
import { fromLoopback } from "../../kernel/loopback";
import { SettingsError } from "../settings";
import { type Desk, SERVICE_NAME } from "./desk";

/**
 * Adds one of the sandbox's own routes; nothing of them is the vendor's. Like the other control routes it asks for no token, answers to
 * loopback only and says in `X-Sandbox-Control` what it is.
 */
export function control(desk: Desk, method: string, path: string, handler: (exchange: Exchange) => Promise<void> | void): void {
  desk.app.route(SERVICE_NAME, method, path, async (exchange) => {
    exchange.res.setHeader("X-Sandbox-Control", "not a vendor API");
    if (!fromLoopback(exchange)) {
      exchange.json(403, { error: "The control routes of the sandbox answer to loopback only" });
      return;
    }
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof SettingsError || error instanceof SyntaxError)) throw error;
      exchange.json(400, { error: error.message });
    }
  });
}
