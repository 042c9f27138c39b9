import type { Exchange } from "../../kernel/exchange";
import { type Channel, channelsOf, withoutSecrets } from "../channels/config";
import { DOMAIN, servicesOf } from "../seed";
import { SettingsError } from "../settings";
import { control } from "./control-route";
import type { Desk } from "./desk";

const PATH = "/sandbox/exstream/channels";

/**
 * The sandbox's own route for the output channels, which a real site sets up in its flow model: `GET` and `PUT`
 * `/sandbox/exstream/channels`, body `{domain, channels: [...]}`, domain `demo` when absent; `PUT` with a name behind it
 * sets that one channel and leaves the others.
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
  if (!servicesOf(domain)) throw new SettingsError(`there is no domain '${domain}'`);
  desk.deliverer.configure(domain, channels);
  sendChannels(desk, exchange, domain);
}

function sendChannels(desk: Desk, exchange: Exchange, domain: string): void {
  exchange.json(200, { domain, channels: desk.deliverer.channels(domain).map(withoutSecrets) });
}
