// `node run.mjs <scenario>`: one of the scenarios in a browser of its own. Ends with 1 and the reason if it fails.

import { Complaints, launch } from "./chromium.mjs";
import { leave, stage } from "./stage.mjs";

/** @typedef {(browser: import("playwright-core").Browser, complaints: Complaints, stage: import("./stage.mjs").Stage) => Promise<void>} Scenario */

const name = process.argv[2];
const { scenario } = /** @type {{ scenario: Scenario }} */ (await import(`./scenarios/${name}.mjs`));
const prepared = stage();
const browser = await launch();
try {
  const complaints = new Complaints(prepared.url);
  await scenario(browser, complaints, prepared);
  complaints.assertNone();
} catch (error) {
  console.error(error);
  for (const [index, page] of browser
    .contexts()
    .flatMap((context) => context.pages())
    .entries()) {
    const path = `${prepared.pictures}/failed-${name}-${index}.png`;
    await page.screenshot({ path }).then(() => console.error(`see ${path}`), console.error);
  }
  process.exitCode = 1;
} finally {
  await browser.close();
  leave();
}
