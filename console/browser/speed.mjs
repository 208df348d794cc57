// `node browser/speed.mjs URL`: how soon the console shows a fleet and how smoothly it moves, by the browser's own entries.
// Prints one line of JSON: a `Figures` for each of the pages.

import { Complaints, launch, person } from "./chromium.mjs";

/** How long the list is scrolled and the map is dragged, frames of the browser. */
const FRAMES = 120;

/**
 * @typedef {object} Figures
 * @property {number} painted_ms first contentful paint, from the start of the navigation
 * @property {number} drawn_ms until list or map has drawn the fleet
 * @property {number} longest_task_ms while that was done; 0 if none took 50 ms
 * @property {number} frames_per_s while the list is scrolled or the map is dragged
 */

const url = process.argv[2];
if (url === undefined) throw new Error("node browser/speed.mjs URL");
const browser = await launch();
const fleet = await measure("/", dragMap);
const stations = await measure("/stations", scrollList);
await browser.close();
console.log(JSON.stringify({ fleet, stations }));

/**
 * A first view: an empty cache, a new browser's past.
 * @param {string} path
 * @param {(page: import("playwright-core").Page) => Promise<number>} move gives the frames a second
 * @returns {Promise<Figures>}
 */
async function measure(path, move) {
  const complaints = new Complaints(url ?? "");
  const context = await person(browser, complaints);
  const page = await context.newPage();
  await page.addInitScript(() => {
    const tasks = Object.assign(window, { longestTask: 0 });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.longestTask = Math.max(tasks.longestTask, duration);
    }).observe({ type: "longtask", buffered: true });
  });
  await page.goto(`${url}/#${path}`);
  await page.waitForFunction(() => performance.getEntriesByName("fleet-drawn").length > 0);
  const first = await page.evaluate(() => ({
    painted_ms: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
    drawn_ms: performance.getEntriesByName("fleet-drawn")[0]?.startTime ?? 0,
    longest_task_ms: /** @type {typeof window & { longestTask: number }} */ (window).longestTask,
  }));
  const frames_per_s = await move(page);
  complaints.assertNone();
  await context.close();
  return { ...first, frames_per_s };
}

/** @param {import("playwright-core").Page} page */
function scrollList(page) {
  return page.locator(".long").evaluate(async (list, frames) => {
    const begun = performance.now();
    for (let frame = 1; frame <= frames; frame += 1) {
      list.scrollTop = (list.scrollHeight * frame) / frames;
      await new Promise(requestAnimationFrame);
    }
    return (frames * 1_000) / (performance.now() - begun);
  }, FRAMES);
}

/** @param {import("playwright-core").Page} page */
function dragMap(page) {
  return page.locator(".fleet-map .map").evaluate(async (map, frames) => {
    const box = map.getBoundingClientRect();
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    /** @param {string} name @param {number} at */
    const tell = (name, at) => {
      const point = { clientX: middle.x + Math.sin(at / 10) * 150, clientY: middle.y + at / 2 };
      map.dispatchEvent(new MouseEvent(name, { bubbles: true, button: 0, buttons: 1, ...point }));
    };
    const pane = /** @type {HTMLElement} */ (map.querySelector(".leaflet-map-pane"));
    const before = pane.style.transform;
    tell("mousedown", 0);
    const begun = performance.now();
    for (let frame = 1; frame <= frames; frame += 1) {
      tell("mousemove", frame);
      await new Promise(requestAnimationFrame);
    }
    const took = performance.now() - begun;
    tell("mouseup", frames);
    if (pane.style.transform === before) throw new Error("the map did not move");
    return (frames * 1_000) / took;
  }, FRAMES);
}
