// An admin puts right what the registry says of a station, and looks at the past of a slot.

import assert from "node:assert/strict";
import { person } from "../chromium.mjs";
import { dialog, signIn } from "../console.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("../run.mjs").Scenario} */
export async function scenario(browser, complaints, { url, tokens }) {
  const context = await person(browser, complaints);
  const page = await context.newPage();
  complaints.expect(/status of 40[01]/);
  await page.goto(`${url}/#/settings`);
  await signIn(page, tokens.admin);
  await isRefused(page);
  await corrects(page);
  await seesThePastOfASlot(page, url);
  await context.close();
}

/** @param {Page} page */
async function isRefused(page) {
  await page.getByRole("button", { name: "编辑: jb-002" }).click();
  const name = dialog(page).getByLabel("中文名称");
  await name.waitFor();
  assert.equal(await name.inputValue(), "二号驿站");
  await dialog(page).getByLabel("开放时间").fill("夜里");
  await dialog(page).getByLabel("经度（WGS-84）").fill("");
  await dialog(page).getByRole("button", { name: "保存" }).click();
  // Each mistake stands at its own field, and what was written stays.
  for (const label of ["开放时间", "经度（WGS-84）"]) {
    const field = dialog(page).locator(".field", { has: page.getByLabel(label, { exact: true }) });
    // In the language of the page.
    assert.match((await field.getByRole("alert").textContent()) ?? "", /\p{Script=Han}/u);
  }
  assert.equal(await dialog(page).getByLabel("开放时间").inputValue(), "夜里");
}

/** @param {Page} page */
async function corrects(page) {
  await dialog(page).getByLabel("开放时间").fill("08:00-20:00");
  await dialog(page).getByLabel("经度（WGS-84）").fill("121.57");
  await dialog(page).getByLabel("中文名称").fill("二号驿站 <b>新</b>");
  await dialog(page).getByRole("button", { name: "保存" }).click();
  await dialog(page).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "二号驿站 <b>新</b>" }).click();
  await page.getByRole("heading", { level: 1, name: "二号驿站 <b>新</b>" }).waitFor();
  await page.locator(".facts").getByText("08:00-20:00").waitFor();
  await page.getByRole("button", { name: "编辑资料" }).click();
  await dialog(page).getByLabel("容量（人）").fill("55");
  await dialog(page).getByRole("button", { name: "保存" }).click();
  await dialog(page).waitFor({ state: "detached" });
  await page.getByRole("navigation").getByRole("link", { name: "审计" }).click();
  const entry = page
    .getByRole("row")
    .filter({ hasText: "jb-002" })
    .or(page.getByRole("row").filter({ hasText: "二号驿站" }));
  await entry.filter({ hasText: "capacity" }).first().waitFor();
}

/**
 * @param {Page} page
 * @param {string} url
 */
async function seesThePastOfASlot(page, url) {
  await page.goto(`${url}/#/stations/jb-001`);
  await page.locator("button.slot").first().click();
  await dialog(page).getByRole("heading", { name: "cab-1 的 1 号仓" }).waitFor();
  await dialog(page).locator("figure").first().waitFor();
  await dialog(page).getByRole("button", { name: "30 天" }).click();
  await dialog(page).locator("figure").first().waitFor();
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
}
