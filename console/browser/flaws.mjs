// What is wrong with how a page looks, whatever stands on it.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const NARROW = { width: 360, height: 740 };

/** @typedef {import("playwright-core").Page} Page */

/**
 * What axe calls serious or critical.
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export async function inaccessible(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = /** @type {typeof window & { axe: typeof import("axe-core") }} */ (window);
    const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html, failureSummary }) => `${html} ${failureSummary}`)
            .join("; ")}`,
      );
  });
}

/**
 * What does not fit into a narrow window, which the page is in afterwards.
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export async function narrow(page) {
  await page.setViewportSize(NARROW);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll("body *")].filter(
      (each) => each.getBoundingClientRect().right > clientWidth + 1,
    );
    const names = wide.slice(0, 5).map((each) => `${each.tagName.toLowerCase()}.${each.className}`);
    return [`${scrollWidth} px wide: ${names.join(", ")}`];
  });
}
