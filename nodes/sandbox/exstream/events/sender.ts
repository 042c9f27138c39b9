import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DOMAIN } from "../seed";
import { pauseAfter } from "../settings";
import type { EventBody, EventRecord, Events } from "./events";
import type { EventSettings } from "./settings";

const RETRYABLE = [408, 425, 429];

/**
 * Posts events one after the other, each at least once: until the receiver answers 2xx, or refuses it for good. The header of
 * the signature holds `sha256=` and the HMAC-SHA256 of the body in hexadecimal. What is not sent yet is sent after a restart.
 */
export class EventSender {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly events: Events,
    private readonly now: () => number,
  ) {
    events.onChange(() => this.wake());
  }

  /** Sends what is pending, unless that is under way already. */
  wake(): void {
    this.again = true;
    this.running ??= this.sendAll()
      // Whatever it was (disk full, say), the next event or start tries again.
      .catch((error) => this.stopping.signal.aborted || process.emitWarning(`exstream sandbox: events halted: ${error}`))
      .then(() => {
        this.running = undefined;
        if (this.again && !this.stopping.signal.aborted) this.wake();
      });
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async sendAll(): Promise<void> {
    while (this.again) {
      this.again = false;
      for (const event of [...this.events.all.values()]) {
        if (event.state === "pending") await this.untilSettled(event);
      }
    }
  }

  private async untilSettled(entered: EventRecord): Promise<void> {
    for (let event = entered; event.state === "pending"; ) {
      this.stopping.signal.throwIfAborted();
      const settings = this.events.settingsOf(DOMAIN);
      if (!settings?.url) return;
      const status = await this.post(settings, event);
      event = this.events.all.put(event.eventId, { ...event, ...judge(event, status, settings), lastStatus: status, updated: this.now() });
      const failed = status === undefined || status >= 300;
      if (failed && event.state === "pending") {
        await sleep(pauseAfter(settings.backoffMs, event.attempts), undefined, { signal: this.stopping.signal });
      }
    }
  }

  /** The status of the reply; undefined when none came. */
  private async post({ url, secret, signatureHeader, timeoutMs }: EventSettings, event: EventRecord): Promise<number | undefined> {
    const body = JSON.stringify(bodyOf(event));
    const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    const headers = { "Content-Type": "application/json", [signatureHeader]: signature };
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await fetch(url as string, { method: "POST", headers, body, signal, redirect: "manual" });
      await response.arrayBuffer();
      return response.status;
    } catch {
      this.stopping.signal.throwIfAborted();
      return undefined;
    }
  }
}

/** What a try means for the event. */
function judge({ sends, attempts }: EventRecord, status: number | undefined, { tries }: EventSettings): Partial<EventRecord> {
  if (status !== undefined && status < 300) return { sends: sends - 1, attempts: 0, state: sends > 1 ? "pending" : "sent" };
  const forGood = status !== undefined && status < 500 && !RETRYABLE.includes(status);
  const givenUp = tries > 0 && attempts + 1 >= tries;
  return { attempts: attempts + 1, state: forGood || givenUp ? "refused" : "pending" };
}

function bodyOf({ eventId, type, occurredAt, jobId, trackerId, documentKey, channel, reason }: EventRecord): EventBody {
  return { eventId, type, occurredAt, jobId, trackerId, documentKey, channel, reason };
}
