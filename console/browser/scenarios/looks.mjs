// Every page, in both languages, dark and light: accessible, all of it in the language, and in a narrow window too.

import assert from "node:assert/strict";
import { person, WINDOW } from "../chromium.mjs";
import { dialog, PAGES, settled, signIn } from "../console.mjs";
import { inaccessible, narrow } from "../flaws.mjs";
import { please } from "../stage.mjs";

const LANGUAGES = /** @type {const} */ (["zh", "en"]);
/** Where a dialog is opened, and by which button. */
const DIALOGS = /** @type {const} */ ([
  ["/stations/jb-001", /^(开门|Unlock) · front$/],
  ["/stations/jb-001", /^(编辑资料|Edit)$/],
  ["/stations/jb-001", /^(更改远程配置|Change remote configuration)$/],
  ["/stations/jb-001", /^(远程更换令牌|New token, without a visit)$/],
  ["/stations/jb-001", /(查看曲线|show its past)$/],
  ["/alerts", /^(确认|Acknowledge)$/],
  ["/alerts", /^(静默|Silence)$/],
  ["/silences", /^(添加维护时段|Add a maintenance window)$/],
  ["/settings", /^(登记驿站|Register a station)$/],
  ["/settings", /^(编辑|Edit): jb-001$/],
  ["/settings", /^(认领码|Claim code): jb-001$/],
  ["/settings?part=tokens", /^(创建令牌|Make a token)$/],
]);
const THEMES = /** @type {const} */ (["light", "dark"]);

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, tokens, pictures }) {
  complaints.expect(/status of 401/);
  const context = await person(browser, complaints);
  const page = await context.newPage();
  await page.goto(`${url}/#/login`);
  await signIn(page, tokens.admin);
  // Something to look at.
  await please("send-nonsense", "jb-001");
  await please("disconnect", "jb-004");
  await page.goto(`${url}/#/alerts`);
  await page.locator("article.alert").first().waitFor();
  const flaws = [];
  for (const language of LANGUAGES) {
    for (const theme of THEMES) {
      await page.evaluate(
        (chosen) => Object.entries(chosen).forEach(([key, value]) => localStorage.setItem(key, value)),
        {
          language,
          theme,
        },
      );
      await page.reload();
      for (const [name, path] of Object.entries(PAGES)) {
        await page.goto(`${url}/#${path}`);
        await settled(page);
        const where = `${name}, ${language}, ${theme}`;
        flaws.push(...(await inaccessible(page)).map((flaw) => `${where}: ${flaw}`));
        if (language === "en")
          flaws.push(...(await chinese(page)).map((text) => `${where}: not English: ${text}`));
        if (theme === "light") {
          await page.screenshot({ path: `${pictures}/${name}-${language}.png`, fullPage: true });
          flaws.push(...(await narrow(page)).map((flaw) => `${where}: at 360 px: ${flaw}`));
          await page.screenshot({ path: `${pictures}/${name}-${language}-360.png`, fullPage: true });
          await page.setViewportSize(WINDOW);
        } else {
          await page.screenshot({ path: `${pictures}/${name}-${language}-dark.png`, fullPage: true });
        }
      }
      for (const [path, button] of DIALOGS) {
        await page.goto(`${url}/#${path}`);
        await page.locator("main").getByRole("button", { name: button }).first().click();
        await dialog(page).waitFor();
        flaws.push(
          ...(await inaccessible(page)).map((flaw) => `${path} ${button}, ${language}, ${theme}: ${flaw}`),
        );
        await page.keyboard.press("Escape");
        await dialog(page).waitFor({ state: "detached" });
      }
    }
  }
  assert.deepEqual(flaws, []);
  await context.close();
}

/**
 * Chinese on an English page, but for the way to the Chinese one. The test's stations have English names.
 * @param {Page} page
 */
async function chinese(page) {
  return page.evaluate(() => {
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode.textContent?.trim() ?? "";
      const within = texts.currentNode.parentElement;
      if (/\p{Script=Han}/u.test(text) && text !== "中文" && within?.closest("noscript, script") === null)
        found.push(text);
    }
    return found;
  });
}
