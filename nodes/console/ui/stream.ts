import { ApiFailure, apiUrl, authorization } from "./api.ts";
import { eventParser, type ServerEvent } from "./event-parser.ts";

/** `paused`: nobody looks, so nothing is asked. */
export type Connection = "connecting" | "open" | "lost" | "paused";

export interface StreamListener {
  event(event: ServerEvent): void;
  connection(state: Connection): void;
  /** The sign-in is over; the stream has ended for good. */
  unauthorized(): void;
}

const firstPauseMs = 1000;
const longestPauseMs = 30_000;
/** The server sends something (a comment at least) every 15 s; a line silent for longer than this is dead. */
const silenceMs = 45_000;

/**
 * Follows an event stream of the API until the returned function is called. `EventSource` cannot carry the editor's
 * token, so this reads the reply of a plain request. A lost line is taken up again, later and later.
 */
export function followStream(path: string, listener: StreamListener): () => void {
  let ended = false;
  let failures = 0;
  let attempt: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(signal: AbortSignal, alive: () => void): Promise<void> {
    const reply = await fetch(apiUrl(path), { headers: { ...authorization(), Accept: "text/event-stream" }, cache: "no-store", signal });
    if (!reply.ok || !reply.body) throw new ApiFailure(reply.status, { code: `http-${reply.status}`, message: reply.statusText });
    alive();
    const parse = eventParser();
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      alive();
      failures = 0;
      for (const event of parse(piece.value)) listener.event(event);
    }
  }

  async function connect(): Promise<void> {
    const current = new AbortController();
    attempt = current;
    let watchdog = setTimeout(() => current.abort(), silenceMs);
    const alive = () => {
      listener.connection("open");
      clearTimeout(watchdog);
      watchdog = setTimeout(() => current.abort(), silenceMs);
    };
    const failure = await read(current.signal, alive).catch((thrown: unknown) => thrown);
    clearTimeout(watchdog);
    if (ended || attempt !== current) return;
    if (failure instanceof ApiFailure && failure.status === 401) {
      stop();
      listener.unauthorized();
      return;
    }
    listener.connection("lost");
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** failures++);
    timer = setTimeout(connect, pause * (0.75 + Math.random() / 2));
  }

  function onVisibility(): void {
    clearTimeout(timer);
    const current = attempt;
    attempt = undefined;
    current?.abort();
    if (document.hidden) {
      listener.connection("paused");
    } else {
      listener.connection("connecting");
      connect();
    }
  }

  function stop(): void {
    ended = true;
    clearTimeout(timer);
    attempt?.abort();
    document.removeEventListener("visibilitychange", onVisibility);
  }

  document.addEventListener("visibilitychange", onVisibility);
  onVisibility();
  return stop;
}
