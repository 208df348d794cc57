// The README's pictures: `node browser/pictures.mjs http://127.0.0.1:8080 TOKEN`, of a demo that has run for some minutes.

import { fileURLToPath } from "node:url";
import { Complaints, launch, person } from "./chromium.mjs";
import { settled, signIn } from "./console.mjs";

const [url = "http://127.0.0.1:8080", token = ""] = process.argv.slice(2);
const folder = fileURLToPath(new URL("../../docs/images", import.meta.url));

const browser = await launch();
const context = await person(browser, new Complaints(url), { colorScheme: "light" });
const page = await context.newPage();
await page.goto(`${url}/#/login`);
await signIn(page, token);
await page.locator(".fleet-map canvas").waitFor();
await zoomIn();
const closer = page.locator(".leaflet-control-zoom-in");
await closer.click();
await closer.click();
await page.waitForTimeout(500);
await page.screenshot({ path: `${folder}/console-fleet.png` });

const fleet = await page.request.get(`${url}/api/v1/fleet`, {
  headers: { Authorization: `Bearer ${token}` },
});
/** @type {{ items: { id: string, slots: number | null, alerts: number }[] }} */
const { items } = await fleet.json();
const shown = items.find(({ slots, alerts }) => slots !== null && slots > 20 && alerts === 1) ?? items[0];
await page.evaluate(() => localStorage.setItem("language", "en"));
await page.goto(`${url}/#/stations/${shown?.id}`);
await page.reload();
await settled(page);
await page.screenshot({ path: `${folder}/console-station.png` });
await browser.close();

/** Clicks the largest mark, which takes the map there. */
async function zoomIn() {
  const box = await page.locator(".fleet-map .map").boundingBox();
  if (box === null) throw new Error("there is no map");
  for (let y = 20; y < box.height; y += 20) {
    for (let x = 20; x < box.width; x += 20) {
      await page.mouse.move(box.x + x, box.y + y);
      if ((await page.locator(".map-hint").count()) === 0) continue;
      await page.mouse.click(box.x + x, box.y + y);
      await page.mouse.move(box.x - 10, box.y);
      await page.waitForTimeout(500);
      return;
    }
  }
}
