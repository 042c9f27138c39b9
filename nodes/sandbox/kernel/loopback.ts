import type { Exchange } from "./exchange";

/** The peer is on this machine, and was not sent here by a web page under another name: the sandbox's own routes answer to nobody else. */
export function fromLoopback(exchange: Exchange): boolean {
  const peer = (exchange.req.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const host = (exchange.header("host") ?? "").replace(/:\d+$/, "");
  return (peer === "::1" || peer.startsWith("127.")) && /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(host);
}
