import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Session } from "../api-types";
import { api } from "./api.ts";
import { Empty } from "./components/notes.tsx";
import { type Message, Toasts } from "./components/toast.tsx";
import { type Console, ConsoleContext, type Watched, WatchedContext } from "./console-context.ts";
import { t } from "./i18n.ts";
import { mayLeave } from "./leaving.ts";
import { type Place, placeHash, readPlace } from "./place.ts";
import { Rail } from "./rail.tsx";
import { refused } from "./refused.ts";
import { followStream } from "./stream.ts";
import { viewOf, views } from "./views/index.ts";

const ledgerKey = "docbridge-console-ledger";
const toastMs = 8000;
let messageCount = 0;

/** The signed-in page: rail, view, messages; one event stream for all of them. */
export function Frame({ session }: { session: Session }) {
  const place = usePlace();
  const ledger = ledgerOf(session, place);
  const [messages, setMessages] = useState<Message[]>([]);

  const closeMessage = (id: number) => setMessages((before) => before.filter((message) => message.id !== id));
  const context = useMemo<Console>(() => {
    const kept = session.ledgers.length > 1 ? { ledger } : {};
    const link: Console["link"] = (view, item, query) => placeHash(view, item, { ...query, ...kept });
    return {
      session,
      ledger,
      link,
      go(view, item, query, replace) {
        if (replace) history.replaceState(null, "", link(view, item, query));
        else history.pushState(null, "", link(view, item, query));
        window.dispatchEvent(new HashChangeEvent("hashchange"));
      },
      notify(text, kind = "good") {
        const id = ++messageCount;
        setMessages((before) => [...before.slice(-2), { id, text, kind }]);
        if (kind === "good") setTimeout(() => closeMessage(id), toastMs);
      },
    };
  }, [session, ledger]);

  const watched = useStream(ledger);
  const view = views[viewOf(place.view)] ?? views.live;
  useTitle(place, t(view.title));

  if (ledger === "") {
    return (
      <main class="alone">
        <Empty icon="editor" title={t("frame.no-ledger")}>
          {t("frame.no-ledger-about")}
        </Empty>
      </main>
    );
  }
  const View = view.component;
  return (
    <ConsoleContext.Provider value={context}>
      <WatchedContext.Provider value={watched}>
        <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>("h1")?.focus()}>
          {t("frame.skip")}
        </button>
        <div class="frame">
          <Rail place={place} />
          <main id="main">
            <View key={ledger} item={place.item} query={place.query} />
          </main>
        </div>
        <Toasts messages={messages} onClose={closeMessage} />
      </WatchedContext.Provider>
    </ConsoleContext.Provider>
  );
}

function usePlace(): Place {
  const [place, setPlace] = useState(() => readPlace(location.hash));
  useEffect(() => {
    let here = location.hash;
    const read = () => {
      if (location.hash === here) return;
      if (mayLeave(location.hash)) {
        here = location.hash;
        setPlace(readPlace(here));
      } else {
        history.pushState(null, "", here);
      }
    };
    window.addEventListener("hashchange", read);
    window.addEventListener("popstate", read);
    return () => {
      window.removeEventListener("hashchange", read);
      window.removeEventListener("popstate", read);
    };
  }, []);
  return place;
}

/** The address says which ledger; else the one looked at last; else the first. Empty when there is none. */
function ledgerOf({ ledgers }: Session, { query }: Place): string {
  const wanted = [query.get("ledger"), localStorage.getItem(ledgerKey)];
  const id = wanted.find((each) => ledgers.some((ledger) => ledger.id === each)) ?? ledgers[0]?.id ?? "";
  if (id !== "") localStorage.setItem(ledgerKey, id);
  return id;
}

function useStream(ledger: string): Watched {
  const [watched, setWatched] = useState<Watched>({ connection: "connecting", receivedAt: 0 });
  useEffect(() => {
    setWatched({ connection: "connecting", receivedAt: 0 });
    if (ledger === "") return;
    return followStream(api.streamPath(ledger), {
      event({ event, data }) {
        if (event === "figures") setWatched({ figures: JSON.parse(data), receivedAt: Date.now(), connection: "open" });
      },
      connection: (connection) => setWatched((before) => (before.connection === connection ? before : { ...before, connection })),
      unauthorized: () => refused.dispatchEvent(new Event("refused")),
    });
  }, [ledger]);
  return watched;
}

/** Another view is another page: it has its own title, and reading begins at its heading. */
function useTitle({ view, item }: Place, title: string): void {
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} – Docbridge`;
    if (!first.current) document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    if (!first.current) window.scrollTo(0, 0);
    first.current = false;
  }, [view, item, title]);
}
