import { addressOf, type Backoff, backoffOf, choice, fieldsOf, headerName, matching, number, SettingsError, shareOf } from "../settings";

/** Values of an event's `type` (wire/exstream.md 13.6, V5). */
export const EVENT_TYPES = ["generated", "delivered", "undeliverable", "opened", "bounced", "expired"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Store kind `event-settings`, with the domain as id: which events come of a document, and how they go out. */
export interface EventSettings {
  /** Where events are posted; absent: nowhere, they are there for whoever polls. */
  url?: string;
  /** Key of the HMAC. */
  secret: string;
  signatureHeader: string;
  /** Events of a document that is made: when it was delivered, or (to arrive before the document) when it was composed. */
  when: "delivered" | "composed";
  /** Sends the events of each document in reverse. */
  reversed: boolean;
  /** Share of the documents that turn out undeliverable. */
  undeliverable: number;
  /** Share of the e-mails that bounce, and of those delivered that are opened. */
  bounced: number;
  opened: number;
  /** Share of the events that are sent twice. */
  duplicates: number;
  /** Which ones the shares hit. */
  seed: number;
  timeoutMs: number;
  backoffMs: Backoff;
  /** Gives an event up after so many tries; 0 never does. */
  tries: number;
}

/** Checks settings as an administrator sends them and fills in the defaults. Throws `SettingsError`. */
export function eventSettingsOf(value: unknown): EventSettings {
  const fields = fieldsOf(value, "events");
  const undeliverable = shareOf(fields.undeliverable, "undeliverable");
  const bounced = shareOf(fields.bounced, "bounced");
  if (undeliverable + bounced > 1) throw new SettingsError("undeliverable and bounced are more than 1 together");
  return {
    url: fields.url === undefined ? undefined : addressOf(fields.url, "url"),
    secret: matching(fields.secret ?? "sandbox-secret", /^[\x20-\x7e]{1,200}$/, "secret"),
    signatureHeader: headerName(fields.signatureHeader ?? "X-Exstream-Signature", "signatureHeader"),
    when: choice(fields.when, ["delivered", "composed"], "when"),
    reversed: fields.reversed === true,
    undeliverable,
    bounced,
    opened: shareOf(fields.opened, "opened"),
    duplicates: shareOf(fields.duplicates, "duplicates"),
    seed: number(fields.seed, 1, 0, Number.MAX_SAFE_INTEGER, "seed"),
    timeoutMs: number(fields.timeoutMs, 30_000, 1, 3_600_000, "timeoutMs"),
    backoffMs: backoffOf(fields.backoffMs, "backoffMs"),
    tries: number(fields.tries, 0, 0, 1_000_000, "tries"),
  };
}
