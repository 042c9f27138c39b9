import type { Handler } from "./app";
import type { Exchange } from "./exchange";

/** The peer is on this machine, and was not sent here by a web page under another name: the sandbox's own routes answer to nobody else. */
function fromLoopback(exchange: Exchange): boolean {
  const peer = (exchange.req.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const host = (exchange.header("host") ?? "").replace(/:\d+$/, "");
  return (peer === "::1" || peer.startsWith("127.")) && /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(host);
}

/**
 * One of the sandbox's own routes, which no vendor has: it asks for no token, answers to loopback only and says in
 * `X-Sandbox-Control` what it is. An error that `isBadRequest` knows is answered with 400 and its message.
 */
export function controlHandler(handler: Handler, isBadRequest: (error: unknown) => boolean): Handler {
  return async (exchange) => {
    exchange.res.setHeader("X-Sandbox-Control", "not a vendor API");
    if (!fromLoopback(exchange)) {
      exchange.json(403, { error: "The control routes of the sandbox answer to loopback only" });
      return;
    }
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof Error && isBadRequest(error))) throw error;
      exchange.json(400, { error: error.message });
    }
  };
}
