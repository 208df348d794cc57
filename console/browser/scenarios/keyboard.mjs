// Without a mouse: sign in, go to the list, open a station, and come back.

import assert from "node:assert/strict";
import { person } from "../chromium.mjs";

/** More presses than any page of the test has places to stop at. */
const STOPS_MAX = 80;

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, tokens }) {
  const context = await person(browser, complaints, { locale: "en-GB" });
  const page = await context.newPage();
  complaints.expect(/status of 401/);
  await page.goto(`${url}/`);
  // The login has put the focus where one writes.
  await page.locator("input:focus").waitFor();
  await page.keyboard.type(tokens.operator);
  await page.keyboard.press("Enter");
  await page.locator(".counts").waitFor();
  await tabTo(page, "Skip to content");
  await page.keyboard.press("Enter");
  await page.locator("main:focus").waitFor();
  await tabTo(page, "Stations");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Stations" }).waitFor();
  await page.keyboard.press("/");
  await page.locator("input[type=search]:focus").waitFor();
  await page.keyboard.type("two");
  await page.getByText("1 of 4 stations").waitFor();
  await tabTo(page, "Station Two");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Station Two" }).waitFor();
  await tabTo(page, "Unlock · front");
  await page.keyboard.press("Enter");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.locator(":focus").getByText("Unlock · front").waitFor();
  await context.close();
}

/**
 * Presses Tab until the focus is on what has this text; every stop on the way can be seen.
 * @param {import("playwright-core").Page} page
 * @param {string} text
 */
async function tabTo(page, text) {
  const passed = [];
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      const seen = outlineStyle !== "none" || boxShadow !== "none";
      return { text: element.textContent.trim(), seen, name: `${element.tagName}.${element.className}` };
    });
    if (at === null) continue;
    assert.ok(at.seen, `nobody sees that the focus is on ${at.name} ${at.text}`);
    if (at.text === text) return;
    passed.push(at.text.slice(0, 30));
  }
  assert.fail(`Tab never came to ${text}, only to ${passed.join(" | ")}`);
}
