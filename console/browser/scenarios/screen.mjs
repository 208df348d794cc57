// The wall in the hall: no login, no people, on 4K.

import assert from "node:assert/strict";
import { person } from "../chromium.mjs";

const WALL = { width: 3840, height: 2160 };
const SIZES = /** @type {const} */ ([
  [360, 740],
  [1280, 720],
  [1920, 1080],
  [3840, 2160],
]);
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
  await fitsMillions(page, url, told);
  await context.close();
}

/**
 * Figures of a whole country in windows of every size: none may be cut or stand on another.
 * @param {import("playwright-core").Page} page
 * @param {string} url
 * @param {string} told what the hub says of four stations
 */
async function fitsMillions(page, url, told) {
  const screen = JSON.parse(told);
  Object.assign(screen, {
    stations: { total: 186_100, online: 181_234, away: 4_866 },
    bands: { free: 123_456, moderate: 43_210, crowded: 12_345, unknown: 7_089 },
    batteries: {
      "48V": { ready: 1_234_567, installed: 1_861_000 },
      "60V": { ready: 234_567, installed: 361_000 },
    },
    fund_total_fen: 123_456_789_012,
    breakfasts_total: 133_130_456,
    visits_today: 2_345_678,
    districts: Array.from({ length: 12 }, (_, at) => ({
      district: `呼伦贝尔市第${at}区`,
      stations: 12_345,
      online: 12_001,
      free: 9_000,
      moderate: 2_000,
      crowded: 1_001,
    })),
  });
  await page.route("**/public/screen", (route) => route.fulfill({ json: screen }));
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await page.goto(`${url}/#/screen`);
    await page.reload();
    await page.getByText("1,234,567,890.12").waitFor();
    const flaws = await page.evaluate(() => {
      const root = document.documentElement;
      const cut = [...document.querySelectorAll(".wall strong, .wall h2")].filter((each) => {
        const tile = each.closest("li, .wall-tile, header") ?? root;
        return each.getBoundingClientRect().right > tile.getBoundingClientRect().right;
      });
      const wide = root.scrollWidth > root.clientWidth ? [`it is ${root.scrollWidth} px wide`] : [];
      const isWall = innerWidth > 899 && innerWidth > innerHeight;
      const high =
        isWall && root.scrollHeight > root.clientHeight ? [`it is ${root.scrollHeight} px high`] : [];
      return [...cut.map(({ textContent }) => `cut: ${textContent}`), ...wide, ...high];
    });
    assert.deepEqual(flaws, [], `${width} × ${height}`);
  }
}
