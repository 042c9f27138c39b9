/** Which text says what an event of a document's timeline means. */
export interface EventText {
  /** In `events.json`. */
  key: string;
  values: Record<string, string | number>;
}

/** Events whose text depends on more than their type. */
const forms: Record<string, (data: Record<string, unknown>) => string | undefined> = {
  delivery: ({ type }) => `delivery.${type}`,
  intent: ({ after }) => (after === "doubt" ? "intent.doubt" : undefined),
  receipt: ({ recovered }) => (recovered ? "receipt.recovered" : undefined),
  closed: ({ when }) => (when === "emitted" ? "closed.emitted" : undefined),
  routed: ({ rule, again }) => (again ? "routed.again" : rule === "default" ? "routed.default" : undefined),
  amended: ({ pending }) => (pending === undefined ? undefined : "amended.pending"),
  parked: ({ target }) => (target === undefined ? undefined : "parked.target"),
  quarantined: ({ target }) => (target === undefined ? undefined : "quarantined.target"),
  "recall-promised": ({ eta }) => (eta === undefined ? undefined : "recall-promised.eta"),
  recalled: ({ etaErrorSeconds }) => (etaErrorSeconds === undefined ? undefined : "recalled.restored"),
  lifecycle: ({ holds, retainUntil }) =>
    Array.isArray(holds) && holds.length > 0 ? "lifecycle.held" : retainUntil === undefined ? undefined : "lifecycle.retained",
  "disposition-scheduled": ({ policy }) => (policy === undefined ? "disposition-scheduled.plain" : undefined),
  "disposition-stopped": ({ holds }) => (Array.isArray(holds) && holds.length > 0 ? "disposition-stopped.held" : undefined),
  "retry-planned": ({ target }) => (target === undefined ? undefined : "retry-planned.target"),
};

/** Values that are plain go into the text as they are, lists as `a, b`. */
export function eventText(type: string, data: Record<string, unknown>): EventText {
  const values: EventText["values"] = {};
  for (const [name, value] of Object.entries(data)) {
    if (typeof value === "string") values[name] = value;
    // Versions and attempts are names, not amounts.
    else if (typeof value === "number") values[name] = String(value);
    else if (value === null) values[name] = "–";
    else if (Array.isArray(value)) values[name] = value.join(", ");
  }
  const form = Object.hasOwn(forms, type) ? forms[type]?.(data) : undefined;
  return { key: form ?? type, values };
}
