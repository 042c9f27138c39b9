/** How fast a count grows, from what was seen of it during the last `windowMs`. */
export interface Pace {
  /** Tells the count at a time; a count that went down begins anew. */
  note(at: number, count: number): void;
  /** Undefined until enough was seen. */
  perSecond(): number | undefined;
}

/** Seen for a shorter time, a pace says more about chance than about speed. */
const leastMs = 2500;

export function createPace(windowMs: number): Pace {
  let seen: { at: number; count: number }[] = [];
  return {
    note(at, count) {
      const last = seen.at(-1);
      if (last && count < last.count) seen = [];
      if (last?.at === at) seen.pop();
      seen.push({ at, count });
      // The one before the window stays, so that the window is always spanned.
      while (seen.length > 2 && (seen[1]?.at ?? at) <= at - windowMs) seen.shift();
    },
    perSecond() {
      const [first, last] = [seen[0], seen.at(-1)];
      if (!first || !last || last.at - first.at < leastMs) return undefined;
      return ((last.count - first.count) / (last.at - first.at)) * 1000;
    },
  };
}

/** Milliseconds until the rest is done at this pace; undefined when it does not move or is not known. */
export function timeToGo(left: number, perSecond: number | undefined): number | undefined {
  if (left <= 0) return 0;
  return perSecond === undefined || perSecond <= 0 ? undefined : (left / perSecond) * 1000;
}
