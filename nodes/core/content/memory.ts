import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type MinorCollection = (options: { type: "minor" }) => void;

/** Buffers of this many bytes may be waiting for the collector before it is asked to look. */
const INTERVAL = 16 * 1024 * 1024;

let collect: MinorCollection | undefined;
let streamed = 0;

/**
 * Counts bytes that passed through the process in buffers a socket made. Those are small objects with large memory
 * behind them: left alone, V8 lets up to 100 MB of dead ones stand before it looks, whatever the size of the document.
 * A collection of the young generation takes about a millisecond and keeps memory flat.
 */
export function countStreamed(bytes: number): void {
  streamed += bytes;
  if (streamed < INTERVAL) return;
  streamed = 0;
  collect ??= minorCollection();
  collect({ type: "minor" });
}

/** V8 hands the function out to contexts made after the flag is set. One that does not just collects when it sees fit. */
function minorCollection(): MinorCollection {
  setFlagsFromString("--expose-gc");
  const given: unknown = runInNewContext("globalThis.gc");
  return typeof given === "function" ? (given as MinorCollection) : () => undefined;
}
