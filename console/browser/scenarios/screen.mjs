// The wall in the hall: no login, no people, on 4K.

import assert from "node:assert/strict";
import { person } from "../chromium.mjs";

const WALL = { width: 3840, height: 2160 };
/** What the test has said of every station: so many people, of so many places. */
const [PEOPLE, CAPACITY] = ["37", "41"];

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, pictures }) {
  const context = await person(browser, complaints, { viewport: WALL });
  const page = await context.newPage();
  // The hub's own page asks who this is; without a token that is refused, and the wall does not mind.
  complaints.expect(/status of 401 .*\/api\/v1\/me/);
  /** @type {string[]} */
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const came = page.waitForResponse((answer) => answer.url().endsWith("/public/screen"));
  await page.goto(`${url}/#/screen`);
  const told = await (await came).text();
  for (const language of ["zh", "en"]) {
    const crowded = page.locator(".wall-tile.bands li.crowded");
    await crowded.getByText(language === "zh" ? "拥挤" : "Crowded").waitFor();
    assert.equal(await crowded.locator("strong").textContent(), "4");
    const text = await page.locator("main").innerText();
    for (const number of [PEOPLE, CAPACITY]) {
      // The clock may well show such minutes.
      const numbers = [...text.replaceAll(/\d+:\d+(:\d+)?/g, "").matchAll(/\d+/g)].map(([digits]) => digits);
      assert.ok(!numbers.includes(number), `the wall tells how many people there are:\n${text}`);
    }
    const fits = await page.evaluate(() => {
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
      return scrollWidth <= clientWidth && scrollHeight <= clientHeight;
    });
    assert.ok(fits, "a wall does not scroll");
    await page.screenshot({ path: `${pictures}/wall-4k-${language}.png` });
    await page.getByRole("button", { name: /^(English|中文)$/ }).click();
  }
  assert.doesNotMatch(told, /people|capacity/);
  assert.ok(!asked.some((path) => path.startsWith("/api/") && path !== "/api/v1/me"), asked.join("\n"));
  await context.close();
}
