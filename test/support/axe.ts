/** What axe-core finds wrong with a page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

const axe = readFileSync(join(import.meta.dirname, "../../node_modules/axe-core/axe.min.js"), "utf8");

interface AxeWindow {
  axe: {
    run(part: string): Promise<{ violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[] }>;
  };
}

/** Rules of axe-core that the page, or what a selector finds in it, breaks seriously. Throws when the selector finds nothing. */
export async function seriousViolations(page: Page, part = "html"): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((only) => (window as unknown as AxeWindow).axe.run(only), part);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`));
}
