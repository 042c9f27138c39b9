import { createHash, randomUUID } from "node:crypto";
import type { Collection, Store } from "../../kernel/store";
import type { OutputRecord } from "../jobs/record-types";
import { derivedUuid } from "../uuid";
import type { EventSettings, EventType } from "./settings";

/** The body of an event as a receiver gets it (wire/exstream.md 13.6, V5). */
export interface EventBody {
  eventId: string;
  type: EventType;
  occurredAt: string;
  jobId: string;
  trackerId: string;
  /** `jobId|flowStepId|queueName|customerNumber|fileName`, the key of wire/exstream.md 13.4. */
  documentKey: string;
  channel: string;
  reason?: string;
}

/** Store kind `event`, with the event's id. */
export interface EventRecord extends EventBody {
  /** When something happened to it last, in milliseconds since 1970. */
  updated: number;
  state: "kept" | "pending" | "sent" | "refused";
  /** How often it is still to be sent. */
  sends: number;
  attempts: number;
  lastStatus?: number;
}

/** Decides which events documents have, enters each of them once, and tells the sender. */
export class Events {
  readonly all: Collection<EventRecord>;
  private readonly settings: Collection<EventSettings>;
  private readonly listeners: (() => void)[] = [];

  constructor(
    store: Store,
    private readonly now: () => number,
  ) {
    this.all = store.collection("event");
    this.settings = store.collection("event-settings");
  }

  settingsOf(domain: string): EventSettings | undefined {
    return this.settings.get(domain);
  }

  configure(domain: string, settings: EventSettings): void {
    this.settings.put(domain, settings);
    this.tell();
  }

  /** Calls `listener` whenever there may be something to send. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Events of documents that reached a point of their life; nothing happens unless events are set up for that point. */
  raise(domain: string, when: EventSettings["when"], outputs: OutputRecord[]): void {
    const settings = this.settings.get(domain);
    if (settings?.when !== when) return;
    for (const output of outputs) {
      const types = typesFor(output, settings);
      for (const [place, type] of (settings.reversed ? types.toReversed() : types).entries()) {
        this.enter(settings, output, type, derivedUuid(`event ${output.id} ${type}`), reasonFor(type), place);
      }
    }
    this.tell();
  }

  /** Enters one event of a document that nothing led to by itself. */
  raiseOne(domain: string, output: OutputRecord, type: EventType, reason: string | undefined): EventRecord | undefined {
    const settings = this.settings.get(domain);
    if (!settings) return undefined;
    const eventId = randomUUID();
    this.enter(settings, output, type, eventId, reason, 0);
    this.tell();
    return this.all.get(eventId);
  }

  private enter(
    settings: EventSettings,
    output: OutputRecord,
    type: EventType,
    eventId: string,
    reason: string | undefined,
    place: number,
  ): void {
    if (this.all.has(eventId)) return;
    const now = this.now();
    const { jobId, flowStepId, queueName, customerNumber, fileName, channel } = output;
    this.all.put(eventId, {
      eventId,
      type,
      occurredAt: new Date(now + place).toISOString(),
      jobId,
      trackerId: output.id,
      documentKey: [jobId, flowStepId, queueName, customerNumber, fileName].join("|"),
      channel,
      reason,
      updated: now,
      state: settings.url ? "pending" : "kept",
      sends: chance(`${settings.seed} twice ${eventId}`) < settings.duplicates ? 2 : 1,
      attempts: 0,
    });
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** What happens to a document, in the order in which it does. */
function typesFor(output: OutputRecord, settings: EventSettings): EventType[] {
  const mail = output.channel === "email";
  const luck = chance(`${settings.seed} fate ${output.customerNumber} ${output.queueName} ${output.customerIndex}`);
  if (luck < settings.undeliverable) return ["generated", "undeliverable"];
  if (mail && luck < settings.undeliverable + settings.bounced) return ["generated", "bounced"];
  const opened = mail && chance(`${settings.seed} opened ${output.customerNumber} ${output.customerIndex}`) < settings.opened;
  return opened ? ["generated", "delivered", "opened"] : ["generated", "delivered"];
}

function reasonFor(type: EventType): string | undefined {
  if (type === "undeliverable") return "no such recipient (simulated)";
  return type === "bounced" ? "mailbox full (simulated)" : undefined;
}

/** A number in [0, 1) that depends on the text alone. */
function chance(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}
