/** Light or dark: as the system says, until the person chooses here. */
export type Theme = "light" | "dark";

const key = "docbridge-console-theme";

export function currentTheme(): Theme {
  const chosen = localStorage.getItem(key);
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Tells the style sheet what was chosen, and charts (event `theme` of the window) to draw anew. */
export function applyTheme(chosen?: Theme): void {
  if (chosen) localStorage.setItem(key, chosen);
  const kept = localStorage.getItem(key);
  if (kept) document.documentElement.dataset.theme = kept;
  window.dispatchEvent(new Event("theme"));
}
