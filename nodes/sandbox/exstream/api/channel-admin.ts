import type { Exchange } from "../../kernel/exchange";
import { type Channel, ChannelError, channelsOf, withoutSecrets } from "../channels/config";
import { DOMAIN, servicesOf } from "../seed";
import { type Desk, SERVICE_NAME } from "./desk";

const PATH = "/sandbox/exstream/channels";

/**
 * The sandbox's own route for the output channels, which a real site sets up in its flow model: `GET` and `PUT`
 * `/sandbox/exstream/channels`, body `{domain, channels: [...]}`, domain `demo` when absent; `PUT` with a name behind it
 * sets that one channel and leaves the others. Nothing of it is the vendor's.
 * Like the other control routes it asks for no token, answers to loopback only and says in `X-Sandbox-Control` what it is.
 */
export function offerChannelAdmin(desk: Desk): void {
  control(desk, "GET", PATH, (exchange) => sendChannels(desk, exchange, exchange.query.get("domain") ?? DOMAIN));
  control(desk, "PUT", PATH, async (exchange) => {
    const body = (await exchange.bodyJson()) as { domain?: string; channels?: unknown } | null;
    configure(desk, exchange, body?.domain ?? DOMAIN, channelsOf(body?.channels));
  });
  control(desk, "PUT", `${PATH}/:name`, async (exchange) => {
    const { domain = DOMAIN, ...fields } = (await exchange.bodyJson()) as { domain?: string };
    const name = exchange.param("name");
    const others = desk.deliverer.channels(domain).filter((channel) => channel.name !== name);
    configure(desk, exchange, domain, [...others, ...channelsOf([{ ...fields, name }])]);
  });
}

function configure(desk: Desk, exchange: Exchange, domain: string, channels: Channel[]): void {
  if (!servicesOf(domain)) throw new ChannelError(`there is no domain '${domain}'`);
  desk.deliverer.configure(domain, channels);
  sendChannels(desk, exchange, domain);
}

function sendChannels(desk: Desk, exchange: Exchange, domain: string): void {
  exchange.json(200, { domain, channels: desk.deliverer.channels(domain).map(withoutSecrets) });
}

function control(desk: Desk, method: string, path: string, handler: (exchange: Exchange) => Promise<void> | void): void {
  desk.app.route(SERVICE_NAME, method, path, async (exchange) => {
    exchange.res.setHeader("X-Sandbox-Control", "not a vendor API");
    if (!fromLoopback(exchange)) {
      exchange.json(403, { error: "The control routes of the sandbox answer to loopback only" });
      return;
    }
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof ChannelError || error instanceof SyntaxError)) throw error;
      exchange.json(400, { error: error.message });
    }
  });
}

/** A folder channel writes files: the peer must be on this machine, and not a web page that reached it under another name. */
function fromLoopback(exchange: Exchange): boolean {
  const peer = (exchange.req.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const host = (exchange.header("host") ?? "").replace(/:\d+$/, "");
  return (peer === "::1" || peer.startsWith("127.")) && /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(host);
}
