// A station comes into being: it is registered with a claim code, claimed on site, and appears.

import assert from "node:assert/strict";
import { person } from "../chromium.mjs";
import { dialog, signIn } from "../console.mjs";
import { please } from "../stage.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, tokens }) {
  const context = await person(browser, complaints);
  const page = await context.newPage();
  complaints.expect(/status of 401/);
  await page.goto(`${url}/#/settings`);
  await signIn(page, tokens.admin);
  await registersWithACode(page);
  await makesACodeForAStation(page);
  await context.close();
}

/** @param {Page} page */
async function registersWithACode(page) {
  await page.getByRole("button", { name: "登记驿站" }).click();
  await dialog(page).getByLabel("编号").fill("jb-005");
  await dialog(page).getByLabel("中文名称").fill("五号驿站");
  await dialog(page).getByLabel("生成认领码，工程师在现场输入").check();
  await dialog(page).getByRole("button", { name: "登记", exact: true }).click();
  const code = await shownCode(page);
  await dialog(page).getByText(`waystation-agent claim ${code} --hub`).waitFor();
  // Shown once: it does not go away by accident.
  await page.keyboard.press("Escape");
  assert.equal(await shownCode(page), code);
  await dialog(page).getByRole("button", { name: "我已保存" }).click();
  await dialog(page).waitFor({ state: "detached" });
  const row = page.getByRole("row").filter({ hasText: "jb-005" });
  await row.getByText("未接入").waitFor();
  await please("claim", code);
  await row.getByText("在线").waitFor();
}

/** @param {Page} page */
async function makesACodeForAStation(page) {
  await page.getByRole("button", { name: "认领码: jb-005" }).click();
  await dialog(page).getByRole("heading", { name: "为 五号驿站 生成认领码？" }).waitFor();
  await dialog(page).getByLabel("有效期").selectOption("1 小时");
  await dialog(page).getByRole("button", { name: "生成" }).click();
  await shownCode(page);
  await dialog(page).getByRole("button", { name: "我已保存" }).click();
  await page.getByRole("navigation").getByRole("link", { name: "审计" }).click();
  await page.getByRole("row").filter({ hasText: "生成认领码" }).first().waitFor();
  await page.getByRole("row").filter({ hasText: "认领驿站" }).first().waitFor();
}

/** @param {Page} page */
async function shownCode(page) {
  const code = (await dialog(page).locator("output.secret").textContent()) ?? "";
  assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  return code;
}
