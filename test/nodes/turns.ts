/** A server between the flows and CMS that lets one request through at a time, in an order that a seed decides. */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** No further request came for so long, so all that can ask have asked, milliseconds. */
const QUIET_MS = 3;

/** Numbers from 0 to below 1 that are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Waiting {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

export class Turns {
  url = "";
  /** Requests that went through, in their order, since it was last emptied. */
  readonly log: string[] = [];
  private readonly target: URL;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly waiting: Waiting[] = [];
  private arrivals = 0;
  private readonly server = createServer((incoming, outgoing) => {
    this.arrivals += 1;
    this.waiting.push({ incoming, outgoing });
  });

  constructor(target: string) {
    this.target = new URL(target);
  }

  async start(): Promise<void> {
    await once(this.server.listen(0, "127.0.0.1"), "listening");
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.target.pathname}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    this.agent.destroy();
  }

  /**
   * Gives turns until the work is done; of some requests the reply is lost after they were carried out. What is to
   * happen before the first request that matches happens while that waits.
   */
  async during<T>(
    work: Promise<T>,
    {
      random,
      lossRate,
      before: first,
    }: { random: () => number; lossRate: number; before?: { matches: RegExp; happens: () => Promise<void> } },
  ): Promise<T> {
    let over = false;
    let happened = false;
    const ended = () => {
      over = true;
    };
    work.then(ended, ended);
    while (!over) {
      const before = this.arrivals;
      await sleep(QUIET_MS);
      if (this.arrivals !== before || this.waiting.length === 0) continue;
      const [next] = this.waiting.splice(Math.floor(random() * this.waiting.length), 1);
      const { method, url } = (next as Waiting).incoming;
      if (first && !happened && first.matches.test(`${method} ${url}`)) {
        happened = true;
        await first.happens();
      }
      await this.pass(next as Waiting, random() < lossRate);
    }
    return work;
  }

  private async pass({ incoming, outgoing }: Waiting, lose: boolean): Promise<void> {
    const { method, url, headers } = incoming;
    const onward = request({ host: this.target.hostname, port: this.target.port, method, path: url, headers, agent: this.agent });
    incoming.pipe(onward);
    const [reply] = (await once(onward, "response")) as [IncomingMessage];
    const body = Buffer.concat(await reply.toArray());
    this.log.push(`${method} ${url} ${reply.statusCode}${lose ? " (reply lost)" : ""}`);
    if (lose) incoming.socket.destroy();
    else outgoing.writeHead(reply.statusCode as number, reply.headers).end(body);
  }
}
