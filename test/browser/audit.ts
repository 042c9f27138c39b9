/** Looks at the open dialog as a picky user would; runs in the page. */
import type { Page } from "playwright-core";

export interface Audit {
  /** Texts that are keys of a catalogue instead of words. */
  untranslated: string[];
  /** Fields and buttons without a name for a screen reader. */
  nameless: string[];
  /** Buttons that the keyboard does not reach. */
  unreachable: string[];
  /** Running text that is hard to read: its contrast with the background is below 4.5. */
  faint: string[];
}

export const nothingWrong: Audit = { untranslated: [], nameless: [], unreachable: [], faint: [] };

export function auditDialog(page: Page): Promise<Audit> {
  return page.evaluate(() => {
    const tray = [...document.querySelectorAll<HTMLElement>(".red-ui-tray")].at(-1);
    const form = tray?.querySelector<HTMLElement>("form");
    if (!tray || !form) throw new Error("no dialog is open");
    const visible = (element: Element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
    const shownTexts = [...tray.querySelectorAll<HTMLElement>("*")].filter(visible).flatMap((element) => {
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent ?? "");
      return [...own, element.title, (element as HTMLInputElement).placeholder ?? "", element.getAttribute("aria-label") ?? ""];
    });
    const untranslated = shownTexts.filter(
      (text) =>
        /@docbridge|\b(label|hint|option|tip|heading|unit|check|mapping|placeholder|button|paletteLabel|output|input)\.[a-z]\w*/i.test(
          text,
        ) && !text.includes("msg."),
    );

    const fields = [...form.querySelectorAll<HTMLElement>("input, select, textarea")].filter(
      (field) => visible(field) && !field.id.startsWith("red-ui-trap"),
    );
    const labelled = (field: HTMLElement) =>
      field.getAttribute("aria-label") ||
      document.getElementById(field.getAttribute("aria-labelledby") ?? "")?.textContent ||
      [...((field as HTMLInputElement).labels ?? [])].some((label) => (label.textContent ?? "").trim() !== "");
    const buttons = [...form.querySelectorAll<HTMLElement>("button, a")].filter(visible);
    const named = (button: HTMLElement) => (button.textContent ?? "").trim() !== "" || button.getAttribute("aria-label");
    const nodeReds = (button: HTMLElement) => button.closest(".red-ui-typedInput-container, .red-ui-editableList-header") !== null;
    const nameless = [...fields.filter((field) => !labelled(field)), ...buttons.filter((button) => !named(button) && !nodeReds(button))];
    const unreachable = buttons.filter((button) => button.tabIndex < 0);

    const luminance = ([r = 0, g = 0, b = 0]: number[]) => {
      const [red = 0, green = 0, blue = 0] = [r, g, b].map((part) =>
        part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const numbers = (colour: string) => {
      const parts = (colour.match(/[\d.]+/g) ?? []).map(Number);
      return colour.startsWith("color(") ? parts.map((part, at) => (at < 3 ? part * 255 : part)) : parts;
    };
    const backgroundOf = (element: Element | null): number[] => {
      if (!element) return [255, 255, 255];
      const colour = numbers(getComputedStyle(element).backgroundColor);
      return colour.length === 3 || (colour[3] ?? 0) === 1 ? colour : backgroundOf(element.parentElement);
    };
    const contrast = (element: Element) => {
      const [lighter = 0, darker = 0] = [numbers(getComputedStyle(element).color), backgroundOf(element)]
        .map(luminance)
        .sort((a, b) => b - a);
      return (lighter + 0.05) / (darker + 0.05);
    };
    const running = [
      ...form.querySelectorAll<HTMLElement>("label, .docbridge-hint, .docbridge-error, .form-tips, h4, summary, .docbridge-measure > span"),
    ];
    const faint = running.filter((element) => visible(element) && (element.textContent ?? "").trim() !== "" && contrast(element) < 4.5);

    const show = (element: HTMLElement) =>
      `${element.tagName}#${element.id}.${element.className} ${(element.textContent ?? "").trim().slice(0, 40)}`;
    return {
      untranslated,
      nameless: nameless.map(show),
      unreachable: unreachable.map(show),
      faint: faint.map((each) => `${show(each)} ${contrast(each).toFixed(1)}`),
    };
  });
}
