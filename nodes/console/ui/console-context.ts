import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ConsoleFigures, Session } from "../api-types";
import type { Connection } from "./stream.ts";

/** What every view may ask the page for. */
export interface Console {
  session: Session;
  /** Id of the ledger that is looked at. */
  ledger: string;
  /** The address of a place, with the ledger that is looked at. */
  link(view: string, item?: string, query?: Record<string, string | undefined>): string;
  /** Goes there; `replace` leaves no way back to where one was. */
  go(view: string, item?: string, query?: Record<string, string | undefined>, replace?: boolean): void;
  /** Says in passing that something was done or went wrong. */
  notify(text: string, kind?: "good" | "bad"): void;
}

/** What the event stream told last. Apart from `Console`, so that only what shows figures is drawn again each second. */
export interface Watched {
  figures?: ConsoleFigures;
  /** When the figures came, by this browser's clock. */
  receivedAt: number;
  connection: Connection;
}

export const ConsoleContext = createContext<Console | undefined>(undefined);
export const WatchedContext = createContext<Watched>({ connection: "connecting", receivedAt: 0 });

export function useConsole(): Console {
  const value = useContext(ConsoleContext);
  if (!value) throw new Error("useConsole outside of the signed-in page");
  return value;
}

export function useWatched(): Watched {
  return useContext(WatchedContext);
}
