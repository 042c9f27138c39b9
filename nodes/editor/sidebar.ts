/** The sidebar tab: what every ledger has to do now, the way to the operator console, and what is likely wrong in the flows. */
import type { ConsoleFigures, Session } from "../console/api-types";
import { createFormat, type Format, knownLocale } from "../console/ui/format.ts";
import { makeFindingsList } from "./findings-list.ts";
import { text } from "./texts.ts";

const refreshMs = 5000;
/** In the order they are shown. */
const figureNames = ["waiting", "inFlight", "oldest", "quarantined", "held"] as const;
type FigureName = (typeof figureNames)[number];

/** What is shown of one ledger; made once, so that nothing flickers and the focus stays. */
interface LedgerBox {
  element: HTMLElement;
  values: Record<FigureName, HTMLElement>;
}

/** Adds the tab to the editor. It asks the server only while it can be seen. */
export function addSidebar(): void {
  const content = make("div", "docbridge-sidebar");
  const link = consoleLink("live", text("sidebar.openConsole"));
  link.className = "red-ui-button docbridge-sidebar-open";
  const note = make("p", "docbridge-sidebar-note");
  note.setAttribute("role", "status");
  const list = make("div");
  content.append(link, note, list, makeFindingsList());

  const boxes = new Map<string, LedgerBox>();
  const refresh = () => showLedgers(list, note, boxes);
  let isShown = false;
  new IntersectionObserver((entries) => {
    isShown = entries.at(-1)?.isIntersecting ?? false;
    if (isShown) refresh();
  }).observe(content);
  setInterval(() => {
    if (isShown && !document.hidden) refresh();
  }, refreshMs);

  RED.sidebar.addTab({
    id: "docbridge",
    label: text("sidebar.label"),
    name: text("sidebar.name"),
    iconClass: "fa fa-archive",
    content: $(content),
    enableOnEdit: true,
  });
}

async function showLedgers(list: HTMLElement, note: HTMLElement, boxes: Map<string, LedgerBox>): Promise<void> {
  const ledgers = await ask<Session>("session").then(
    (session) => session.ledgers,
    (failed: JQuery.jqXHR) => {
      note.textContent = text(failed.status === 401 ? "sidebar.noPermission" : "sidebar.noAnswer");
      return undefined;
    },
  );
  if (!ledgers) {
    list.replaceChildren();
    boxes.clear();
    return;
  }
  note.textContent = ledgers.length === 0 ? text("sidebar.noLedger") : "";
  for (const [id, { element }] of boxes) {
    if (ledgers.some((ledger) => ledger.id === id)) continue;
    element.remove();
    boxes.delete(id);
  }
  const format = createFormat(knownLocale(RED.i18n.lang(), "en-US"));
  for (const { id, name } of ledgers) {
    const box = boxes.get(id) ?? makeBox(id, name);
    boxes.set(id, box);
    list.append(box.element);
    const figures = await ask<ConsoleFigures>(`ledgers/${encodeURIComponent(id)}/figures`).catch(() => undefined);
    showFigures(box, figures, format);
  }
}

/** By the editor's own way to ask, which adds its sign-in. */
function ask<T>(path: string): Promise<T> {
  return Promise.resolve($.getJSON(`docbridge/api/${path}`)) as Promise<T>;
}

function makeBox(id: string, name: string): LedgerBox {
  const element = make("section", "docbridge-sidebar-ledger");
  const heading = make("h4");
  heading.append(consoleLink("live", name, id));
  const figures = make("dl");
  const values = {} as LedgerBox["values"];
  for (const figure of figureNames) {
    const label = make("dt");
    label.textContent = text(`sidebar.${figure}`);
    values[figure] = make("dd");
    figures.append(label, values[figure]);
  }
  element.append(heading, figures);
  return { element, values };
}

function showFigures({ values }: LedgerBox, figures: ConsoleFigures | undefined, format: Format): void {
  const failed = (figures?.byState.quarantined ?? 0) + (figures?.byState.conflict ?? 0);
  const age = figures?.oldestWaitingAt === undefined ? undefined : Math.max(0, figures.at - figures.oldestWaitingAt);
  const shown: Record<FigureName, string> = {
    waiting: format.number(figures?.waiting ?? 0),
    inFlight: format.number(figures?.leased ?? 0),
    oldest: age === undefined ? "–" : format.duration(age),
    quarantined: format.number(failed),
    held: format.number(figures?.byState.held ?? 0),
  };
  for (const name of figureNames) values[name].textContent = figures ? shown[name] : "–";
  values.quarantined.classList.toggle("docbridge-sidebar-bad", failed > 0);
}

/** Opens in a window of its own: the editor may hold changes that are not deployed. */
function consoleLink(view: string, label: string, ledger?: string): HTMLAnchorElement {
  const link = make("a");
  link.href = `docbridge/console/#/${view}${ledger === undefined ? "" : `?ledger=${encodeURIComponent(ledger)}`}`;
  link.target = "docbridge-console";
  link.rel = "noopener";
  link.textContent = label;
  return link;
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className = ""): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
